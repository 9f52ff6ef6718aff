/* engine/host/jsonc.c: what JSON does not have is overwritten with spaces, so that all else stays
 * where it is; the rest is jansson's. */
#include "engine/host/jsonc.h"

#include <string.h>

/* The length of the string, comment or other byte at `at`, none of which ends behind n. */
static size_t token_length(const char *text, size_t n, size_t at)
{
    const char *end;
    size_t i = at + 1;

    if (text[at] == '"') {
        while (i < n && text[i] != '"')
            i += text[i] == '\\' && i + 1 < n ? 2 : 1;
        return (i < n ? i + 1 : n) - at;
    }
    if (text[at] != '/' || i == n)
        return 1;
    if (text[i] == '/') {
        end = memchr(text + at, '\n', n - at);
        return end ? (size_t)(end - text) - at : n - at;
    }
    if (text[i] == '*') {
        end = memmem(text + at + 2, n - at - 2, "*/", 2);
        return end ? (size_t)(end - text) + 2 - at : 1;
    }
    return 1;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Line ends stay: a fault is to be found where it is. */
static void blank(char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] != '\n')
            text[i] = ' ';
}

/* Whether there is nothing else. */
static bool strip(char *text, size_t n)
{
    size_t comma = n; /* the last one, while nothing came after it */
    bool empty = true;

    if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
        blank(text, 3);
    for (size_t at = 0, length; at < n; at += length) {
        length = token_length(text, n, at);
        if (text[at] == '/' && length > 1) {
            blank(text + at, length);
            continue;
        }
        if (is_space(text[at]))
            continue;
        empty = false;
        if (comma < n && (text[at] == '}' || text[at] == ']'))
            text[comma] = ' ';
        comma = text[at] == ',' ? at : n;
    }
    return empty;
}

json_t *jsonc_parse(const char *text, size_t n, struct pyro_error *err)
{
    scoped_buf copy = BUF_INIT(JSONC_BYTES_MAX);

    if (!buf_append(&copy, text, n))
        return pyro_fail(err, PYRO_NO_MEMORY, "%zu bytes of JSON are too many", n);
    if (!n || strip(copy.data, n))
        return json_object();
    return json_parse(copy.data, n, JSONC_BYTES_MAX, err);
}
