/* engine/api/lines.c: one buffer, and where the next line begins in it. */
#include "engine/api/lines.h"

#include <string.h>

#define CHUNK ((size_t)64 * 1024)

void lines_init(struct lines *l, size_t max)
{
    *l = (struct lines){ .max = max, .bytes = BUF_INIT(max + 2 * CHUNK) };
}

void lines_release(struct lines *l)
{
    buf_release(&l->bytes);
}

bool lines_add(struct lines *l, const void *bytes, size_t n)
{
    buf_consume(&l->bytes, l->at);
    l->looked -= l->at;
    l->at = 0;
    if (!l->bytes.len && l->bytes.cap > 2 * CHUNK)
        buf_release(&l->bytes); /* after a long line */
    return buf_append(&l->bytes, bytes, n);
}

/* What there is of a line that is too long. */
static enum lines_next drop(struct lines *l)
{
    bool known = l->dropping;

    l->at = l->looked = l->bytes.len;
    l->dropping = true;
    return known ? LINES_NONE : LINES_TOO_LONG;
}

static enum lines_next take(struct lines *l, size_t end, char **ret, size_t *ret_n)
{
    char *line = l->bytes.data + l->at;
    size_t n = end - l->at;
    bool dropped = l->dropping;

    l->at = l->looked = end < l->bytes.len ? end + 1 : end;
    l->dropping = false;
    if (dropped)
        return LINES_NONE;
    if (n > l->max)
        return LINES_TOO_LONG;
    if (n && line[n - 1] == '\r')
        n--;
    line[n] = '\0';
    *ret = line;
    *ret_n = n;
    return LINES_LINE;
}

enum lines_next lines_next(struct lines *l, bool end, char **ret, size_t *ret_n)
{
    while (l->at < l->bytes.len) {
        const char *newline = memchr(l->bytes.data + l->looked, '\n', l->bytes.len - l->looked);
        enum lines_next next;

        if (!newline && !end) {
            l->looked = l->bytes.len;
            return l->bytes.len - l->at > l->max || l->dropping ? drop(l) : LINES_NONE;
        }
        next = take(l, newline ? (size_t)(newline - l->bytes.data) : l->bytes.len, ret, ret_n);
        if (next != LINES_NONE)
            return next;
    }
    return LINES_NONE;
}
