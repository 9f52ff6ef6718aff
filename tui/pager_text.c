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

const char *pager_text_find(const char *bytes, size_t n, const char *pattern)
{
    size_t len = strlen(pattern);

    if (has_upper(pattern))
        return memmem(bytes, n, pattern, len);
    for (size_t i = 0; i + len <= n; i++)
        if (tolower((unsigned char)bytes[i]) == (unsigned char)*pattern &&
            strncasecmp(bytes + i, pattern, len) == 0)
            return bytes + i;
    return NULL;
}

bool pager_text_search(const struct pager_text *t, size_t from, bool backward,
                       bool (*wanted)(const char *line, size_t n, const char *pattern),
                       const char *pattern, size_t *ret_line, bool *ret_wrapped)
{
    for (size_t step = 0; step < t->lines; step++) {
        size_t i =
            backward ? (from + 2 * t->lines - 1 - step) % t->lines : (from + step) % t->lines;
        size_t n;
        const char *line = pager_text_line(t, i, &n);
        if (!wanted(line, n, pattern))
            continue;
        *ret_line = i;
        *ret_wrapped = backward ? i >= from : i < from;
        return true;
    }
    return false;
}
