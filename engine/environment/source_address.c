/* engine/environment/source_address.c: taking apart addresses of apt's sources. */
#include "engine/environment/source_address.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "vmm/base/fs.h"

static bool too_long(struct pyro_error *err)
{
    return pyro_fail(err, PYRO_NO_MEMORY, "the host's apt sources are too long");
}

static int hex_digit(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                        : -1;
}

/* A name or password decoded: without percent signs, and without characters that would end it. */
static bool put_decoded(struct buf *to, const char *s, size_t n, struct pyro_error *err)
{
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        if (c == '%' && i + 2 < n && hex_digit(s[i + 1]) >= 0 && hex_digit(s[i + 2]) >= 0) {
            c = (char)(hex_digit(s[i + 1]) << 4 | hex_digit(s[i + 2]));
            i += 2;
        }
        if ((unsigned char)c <= ' ' || c == 0x7f || c == '#')
            return pyro_fail(err, PYRO_PULL_FAILED,
                             "a password in the host's apt sources has a character that "
                             "apt_auth.conf(5) cannot hold");
        if (!buf_append(to, &c, 1))
            return too_long(err);
    }
    return true;
}

/* "machine SCHEME://HOST/PATH login NAME password WORD": apt sends it there and nowhere else. */
static bool put_auth(struct buf *to, const char *address, const char *user, size_t n,
                     struct pyro_error *err)
{
    const char *colon = memchr(user, ':', n);
    size_t name = colon ? (size_t)(colon - user) : n;

    if (!buf_printf(to, "machine %s login ", address))
        return too_long(err);
    if (!put_decoded(to, user, name, err))
        return false;
    if (colon &&
        (!buf_append_str(to, " password ") || !put_decoded(to, colon + 1, n - name - 1, err)))
        return false;
    return buf_append(to, "\n", 1) || too_long(err);
}

char *source_address_split(const char *uri, size_t n, struct buf *auth, struct pyro_error *err)
{
    const char *mark = memmem(uri, n, "://", 3), *at = NULL;
    size_t scheme = mark ? (size_t)(mark - uri) + 3 : 0, end = scheme;
    scoped_free char *address = NULL;

    while (mark && end < n && uri[end] != '/') {
        at = uri[end] == '@' ? uri + end : at;
        end++;
    }
    if (!at)
        return str_printf("%.*s", (int)n, uri);
    address = str_printf("%.*s%.*s", (int)scheme, uri, (int)(uri + n - at - 1), at + 1);
    if (!put_auth(auth, address, uri + scheme, (size_t)(at - uri) - scheme, err))
        return NULL;
    return take_ptr(&address);
}

bool source_address_is_remote(const char *uri)
{
    static const char *const local[] = { "file:", "copy:", "cdrom:", "mirror+file:", "store:" };

    for (size_t i = 0; i < ARRAY_SIZE(local); i++)
        if (!strncasecmp(uri, local[i], strlen(local[i])))
            return false;
    return true;
}
