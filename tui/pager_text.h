/*
 * A long text by its lines. The index holds every 64th line only, so that it stays small beside
 * any text, one of newlines alone too.
 */
#ifndef PYRO_TUI_PAGER_TEXT_H
#define PYRO_TUI_PAGER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct pager_text {
    const char *bytes; /* borrowed */
    size_t len;
    size_t lines;
    size_t *index; /* where lines 0, 64, 128, … begin */
};

void pager_text_init(struct pager_text *t, const char *bytes, size_t len);
void pager_text_release(struct pager_text *t);
/* Line i, which there must be, without its newline. */
const char *pager_text_line(const struct pager_text *t, size_t i, size_t *ret_n);
/*
 * Where the pattern (not "") stands in n bytes; NULL when it does not. A pattern without upper case
 * letters matches either case.
 */
const char *pager_text_find(const char *bytes, size_t n, const char *pattern);
typedef bool pager_wanted_fn(const char *line, size_t n, const char *pattern);
/* The next line from `from` on, or before it, that `wanted` agrees to, and whether the end was
 * passed on the way to it; false when none does. */
bool pager_text_search(const struct pager_text *t, size_t from, bool backward,
                       pager_wanted_fn *wanted, const char *pattern, size_t *ret_line,
                       bool *ret_wrapped);

#endif
