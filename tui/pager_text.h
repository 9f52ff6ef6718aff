/*
 * A long text by its lines. It is never looked at as a whole: its index is made, and something in
 * it is searched for, slice by slice, each a small part of a hundredth of a second, so that a
 * loop stays quick however long the text or a line of it is. The index holds every 64th line
 * only, so that it stays small beside any text, one of newlines alone too.
 */
#ifndef PYRO_TUI_PAGER_TEXT_H
#define PYRO_TUI_PAGER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A longer line is several, one after the other. */
#define PAGER_LINE_MAX ((size_t)8 * 1024)

struct pager_text {
    const char *bytes; /* borrowed */
    size_t len;
    size_t lines;   /* known so far */
    size_t indexed; /* bytes that have been looked at */
    size_t *index;  /* where lines 0, 64, 128, … begin */
    size_t room;
};

void pager_text_init(struct pager_text *t, const char *bytes, size_t len);
/* A slice of it is indexed; whether that was the last. Before, nothing below may be called. */
bool pager_text_index(struct pager_text *t);
void pager_text_release(struct pager_text *t);
/* Line i, which there must be, without its newline. */
const char *pager_text_line(const struct pager_text *t, size_t i, size_t *ret_n);
/*
 * Where the pattern (not "") is in n bytes; NULL when it is not. A pattern without upper case
 * letters matches either case.
 */
const char *pager_text_find(const char *bytes, size_t n, const char *pattern);

/* A search, line by line, from a line on or from before it, and round the end. */
struct pager_search {
    size_t from, at;
    bool backward, wrapped; /* wrapped: it went past the end, or the beginning */
};
enum pager_found { PAGER_GOING_ON, PAGER_FOUND, PAGER_NOWHERE };
typedef bool pager_wanted_fn(const char *line, size_t n, const char *pattern);
/* The line has the pattern in it; the same whatever colours are in between; it begins with it. */
pager_wanted_fn pager_text_holds, pager_text_holds_in_color, pager_text_begins;

void pager_search_begin(struct pager_search *s, size_t from, bool backward);
/* Looks at a slice; *ret_line is the first line that `wanted` agrees to. */
enum pager_found pager_search_step(struct pager_search *s, const struct pager_text *t,
                                   pager_wanted_fn *wanted, const char *pattern, size_t *ret_line);
/* Lines that are still to be looked at. */
size_t pager_search_left(const struct pager_search *s, const struct pager_text *t);

#endif
