/* tui/pager_text.c: lines of a long text, and finding something in them. */
#include "tui/pager_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/error.h"

#define EVERY 64

void pager_text_init(struct pager_text *t, const char *bytes, size_t len)
{
    size_t room = 0;

    *t = (struct pager_text){ .bytes = bytes, .len = len };
    for (size_t at = 0; at < len; t->lines++) {
        const char *end = memchr(bytes + at, '\n', len - at);
        if (t->lines % EVERY == 0) {
            if (t->lines / EVERY == room) {
                room = room ? 2 * room : 64;
                t->index = realloc(t->index, room * sizeof(*t->index));
                BUG_ON(!t->index);
            }
            t->index[t->lines / EVERY] = at;
        }
        at = end ? (size_t)(end - bytes) + 1 : len;
    }
}

void pager_text_release(struct pager_text *t)
{
    free(t->index);
    t->index = NULL;
}

static size_t line_length(const struct pager_text *t, size_t at)
{
    const char *end = memchr(t->bytes + at, '\n', t->len - at);

    return end ? (size_t)(end - t->bytes) - at : t->len - at;
}

const char *pager_text_line(const struct pager_text *t, size_t i, size_t *ret_n)
{
    size_t at = t->index[i / EVERY], n = line_length(t, at);

    for (size_t skip = i % EVERY; skip > 0; skip--) {
        at += n + 1;
        n = line_length(t, at);
    }
    *ret_n = n;
    return t->bytes + at;
}

static bool has_upper(const char *pattern)
{
    for (; *pattern; pattern++)
        if (isupper((unsigned char)*pattern))
            return true;
    return false;
}

/* As memchr(3), of either case of a lower-case letter. */
static const char *find_letter(const char *at, const char *end, char lower)
{
    char upper = (char)toupper((unsigned char)lower);
    const char *a = memchr(at, lower, (size_t)(end - at));
    const char *b = upper == lower ? NULL : memchr(at, upper, (size_t)((a ? a : end) - at));

    return b ? b : a;
}

const char *pager_text_find(const char *bytes, size_t n, const char *pattern)
{
    size_t len = strlen(pattern);
    const char *end = bytes + n;

    if (has_upper(pattern))
        return memmem(bytes, n, pattern, len);
    while ((size_t)(end - bytes) >= len && (bytes = find_letter(bytes, end, *pattern))) {
        if ((size_t)(end - bytes) >= len && strncasecmp(bytes, pattern, len) == 0)
            return bytes;
        bytes++;
    }
    return NULL;
}

/* Which of the lines from..to-1, all of one stretch of the index, is wanted: the first, or the
 * last. */
static bool search_stretch(const struct pager_text *t, size_t from, size_t to, bool backward,
                           pager_wanted_fn *wanted, const char *pattern, size_t *ret_line)
{
    bool found = false;
    size_t n;

    if (from >= to)
        return false;
    for (const char *line = pager_text_line(t, from, &n); from < to; from++) {
        if (wanted(line, n, pattern)) {
            *ret_line = from;
            found = true;
            if (!backward)
                return true;
        }
        line += n + 1;
        n = from + 1 < t->lines ? line_length(t, (size_t)(line - t->bytes)) : 0;
    }
    return found;
}

/* The lines from..to-1, stretch by stretch. */
static bool search_lines(const struct pager_text *t, size_t from, size_t to, bool backward,
                         pager_wanted_fn *wanted, const char *pattern, size_t *ret_line)
{
    while (from < to) {
        size_t cut = backward ? (to - 1) / EVERY * EVERY : (from / EVERY + 1) * EVERY;
        size_t begin = backward ? (cut > from ? cut : from) : from,
               end = backward ? to : (cut < to ? cut : to);
        if (search_stretch(t, begin, end, backward, wanted, pattern, ret_line))
            return true;
        if (backward)
            to = begin;
        else
            from = end;
    }
    return false;
}

bool pager_text_search(const struct pager_text *t, size_t from, bool backward,
                       pager_wanted_fn *wanted, const char *pattern, size_t *ret_line,
                       bool *ret_wrapped)
{
    if (from > t->lines)
        from = t->lines;
    *ret_wrapped = false;
    if (search_lines(t, backward ? 0 : from, backward ? from : t->lines, backward, wanted, pattern,
                     ret_line))
        return true;
    *ret_wrapped = true;
    return search_lines(t, backward ? from : 0, backward ? t->lines : from, backward, wanted,
                        pattern, ret_line);
}
