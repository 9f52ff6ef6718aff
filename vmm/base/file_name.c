/* vmm/base/file_name.c: names as git writes them. */
#include "vmm/base/file_name.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/fs.h"
#include "vmm/base/utf8.h"

static const char escapes[] = "abtnvfr\"\\";
static const char escaped[] = "\a\b\t\n\v\f\r\"\\";

/* One escape after a backslash; the bytes it took, 0 if it is not one. */
static size_t unescape(const char *at, size_t n, char *ret)
{
    const char *found = n ? strchr(escapes, at[0]) : NULL;

    if (found && *found) {
        *ret = escaped[found - escapes];
        return 1;
    }
    if (n < 3 || at[0] < '0' || at[0] > '3' || at[1] < '0' || at[1] > '7' || at[2] < '0' ||
        at[2] > '7')
        return 0;
    *ret = (char)((at[0] - '0') << 6 | (at[1] - '0') << 3 | (at[2] - '0'));
    return *ret ? 3 : 0; /* no name holds a NUL */
}

static char *unquote(const char *at, size_t n, size_t *ret_used)
{
    scoped_buf name = BUF_INIT(n);

    for (size_t i = 1; i < n;) {
        char c = at[i++];
        if (c == '"') {
            *ret_used = i;
            return name.len ? buf_take(&name) : NULL;
        }
        if (c == '\\') {
            size_t took = unescape(at + i, n - i, &c);
            if (!took)
                return NULL;
            i += took;
        }
        if (!buf_append(&name, &c, 1))
            return NULL;
    }
    return NULL;
}

char *name_unquote(const char *at, size_t n, size_t *ret_used)
{
    size_t length = 0;

    if (n && at[0] == '"')
        return unquote(at, n, ret_used);
    while (length < n && at[length] != '\t' && at[length] != '\n')
        length++;
    if (length && at[length - 1] == '\r' && (length == n || at[length] == '\n'))
        length--;
    if (!length)
        return NULL;
    *ret_used = length;
    return strndup(at, length);
}

bool name_quote(struct buf *to, const char *prefix, const char *name)
{
    bool plain = true;

    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        if (*c < 0x20 || *c >= 0x7f || *c == '"' || *c == '\\')
            plain = false;
    if (plain)
        return buf_append_str(to, prefix) && buf_append_str(to, name);
    if (!buf_append_str(to, "\"") || !buf_append_str(to, prefix))
        return false;
    for (const unsigned char *c = (const unsigned char *)name; *c; c++) {
        const char *found = strchr(escaped, *c);
        bool ok = found                     ? buf_printf(to, "\\%c", escapes[found - escaped])
                  : *c < 0x20 || *c >= 0x7f ? buf_printf(to, "\\%03o", *c)
                                            : buf_append(to, c, 1);
        if (!ok)
            return false;
    }
    return buf_append_str(to, "\"");
}

json_t *name_to_json(const char *prefix, const char *name)
{
    scoped_free char *whole = str_printf("%s%s", prefix, name);
    scoped_buf quoted = BUF_INIT(4 * strlen(whole) + 3);

    if (whole[0] != '"' && utf8_is_valid(whole, strlen(whole)))
        return json_string(whole);
    return name_quote(&quoted, prefix, name) ? json_string(quoted.data) : NULL;
}

char *name_from_text(const char *text)
{
    size_t n = strlen(text), used = 0;
    char *name = text[0] == '"' ? name_unquote(text, n, &used) : strdup(text);

    if (text[0] == '"' && name && used != n) {
        free(name);
        return NULL;
    }
    return name;
}

char *name_given(const char *text, struct pyro_error *err)
{
    char *name = name_from_text(text);

    if (name)
        return name;
    pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.400s' begins with '\"' and is not a quoted name",
              text);
    return pyro_hint(err, "write such a name as ./\"…");
}

bool name_clean_path(char *path)
{
    size_t used = 0, n;
    bool below = true;

    for (const char *at = path; *at; at += n + (at[n] == '/')) {
        n = strcspn(at, "/");
        if (n == 2 && !memcmp(at, "..", 2)) {
            below = below && used;
            while (used && path[--used] != '/')
                ;
        } else if (n && !(n == 1 && *at == '.')) {
            if (used)
                path[used++] = '/';
            memmove(path + used, at, n);
            used += n;
        }
    }
    path[used] = '\0';
    return below;
}
