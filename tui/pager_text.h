/*
 * A long text by its lines. It is indexed and searched in slices of a few milliseconds at most, so
 * that a loop stays quick however long the text or a line of it is. The index holds every 64th line
 * only, so that it stays small even for a text of nothing but newlines.
 *
 * All lines count, or only those that hold a word: numbers are those of the lines that count.
 */
#ifndef PYRO_TUI_PAGER_TEXT_H
#define PYRO_TUI_PAGER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A longer line is several, one after the other. */
#define PAGER_LINE_MAX ((size_t)8 * 1024)

struct pager_text {
    const char *bytes; /* borrowed */
    size_t len;
    size_t lines;   /* known so far */
    size_t indexed; /* bytes that have been looked at */
    size_t *index;  /* where lines 0, 64, 128, … begin */
    size_t room;
    size_t head; /* bytes at the beginning of each line that are not its text: a time */
    bool keeps;  /* only the lines in `kept` count, of which those up to `looked` are known */
    uint32_t *kept;
    size_t kept_count, kept_room, looked;
};

void pager_text_init(struct pager_text *t, const char *bytes, size_t len, size_t head);
/* Indexes a slice; true when that was the last. Until then nothing below may be called. */
bool pager_text_index(struct pager_text *t);
void pager_text_release(struct pager_text *t);
/* Once it is indexed: how many lines count. */
size_t pager_text_count(const struct pager_text *t);
/* Line i, which must exist, without its head and newline. */
const char *pager_text_line(const struct pager_text *t, size_t i, size_t *ret_n);
/* Its head; NULL: it has none, or goes on with the one before. */
const char *pager_text_head(const struct pager_text *t, size_t i);
/*
 * Where the pattern (not "") is in n bytes; NULL when it is not. A pattern without upper case
 * letters matches either case.
 */
const char *pager_text_find(const char *bytes, size_t n, const char *pattern);

/* Whether only wanted lines count from now on, once all of them were looked at. */
typedef bool pager_wanted_fn(const char *line, size_t n, const char *pattern);
void pager_text_keep(struct pager_text *t, bool only_wanted);
/* Looks at a slice; true when that was the last. */
bool pager_text_keep_step(struct pager_text *t, pager_wanted_fn *wanted, const char *pattern);
/* The line that is `i` of all, or the next one that counts; and the other way round. */
size_t pager_text_of_all(const struct pager_text *t, size_t i);
size_t pager_text_in_all(const struct pager_text *t, size_t i);

/* A search, line by line, from a line on or from before it, and round the end. */
struct pager_search {
    size_t from, at;
    bool backward, wrapped; /* wrapped: it went past the end, or the beginning */
};
enum pager_found { PAGER_GOING_ON, PAGER_FOUND, PAGER_NOWHERE };
/* Whether the line holds the pattern; holds it, colours ignored; begins with it. */
pager_wanted_fn pager_text_holds, pager_text_holds_in_color, pager_text_begins;

void pager_search_begin(struct pager_search *s, size_t from, bool backward);
/* Looks at a slice; *ret_line is the first line that `wanted` accepts. */
enum pager_found pager_search_step(struct pager_search *s, const struct pager_text *t,
                                   pager_wanted_fn *wanted, const char *pattern, size_t *ret_line);
/* Lines that are still to be looked at. */
size_t pager_search_left(const struct pager_search *s, const struct pager_text *t);

#endif
