/* vmm/base/utf8.c: validation of UTF-8, RFC 3629 section 4. */
#include "vmm/base/utf8.h"

#include <stdint.h>
#include <string.h>

static bool is_tail(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return false;
    return true;
}

size_t utf8_valid_length(const char *s, size_t n)
{
    const uint8_t *p = (const uint8_t *)s;

    if (!n)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        return n >= 2 && is_tail(p + 1, 1) ? 2 : 0;
    if (p[0] >= 0xe0 && p[0] <= 0xef) {
        if (n < 3 || !is_tail(p + 1, 2))
            return 0;
        if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))
            return 0;
        return 3;
    }
    if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        if (n < 4 || !is_tail(p + 1, 3))
            return 0;
        if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
            return 0;
        return 4;
    }
    return 0;
}

bool utf8_is_valid(const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t len = utf8_valid_length(s + i, n - i);
        if (!len)
            return false;
        i += len;
    }
    return true;
}

size_t utf8_bytes_of_chars(const char *s, size_t n, int64_t chars)
{
    size_t at = 0;

    for (; at < n && chars > 0; chars--) {
        size_t length = (signed char)s[at] >= 0 ? 1 : utf8_valid_length(s + at, n - at);
        at += length ? length : 1;
    }
    return at;
}

/* Whether `c` can be byte `i` of a sequence that begins with `first`. */
static bool may_follow(unsigned char first, size_t i, unsigned char c)
{
    if (i == 1 && first == 0xe0)
        return c >= 0xa0 && c <= 0xbf;
    if (i == 1 && first == 0xed)
        return c >= 0x80 && c <= 0x9f;
    if (i == 1 && first == 0xf0)
        return c >= 0x90 && c <= 0xbf;
    if (i == 1 && first == 0xf4)
        return c >= 0x80 && c <= 0x8f;
    return c >= 0x80 && c <= 0xbf;
}

size_t utf8_unfinished(const char *s, size_t n)
{
    for (size_t back = 1; back < UTF8_LENGTH_MAX && back <= n; back++) {
        unsigned char first = (unsigned char)s[n - back];
        size_t need = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
        if (first >= 0x80 && first <= 0xbf)
            continue;
        if (need <= back)
            return 0;
        for (size_t i = 1; i < back; i++)
            if (!may_follow(first, i, (unsigned char)s[n - back + i]))
                return 0;
        return back;
    }
    return 0;
}

/* Of one character of `length` bytes. */
static bool is_control(const char *s, size_t length)
{
    if (length == 1)
        return (unsigned char)s[0] < 0x20 || s[0] == 0x7f;
    return length == 2 && (unsigned char)s[0] == 0xc2 && (unsigned char)s[1] < 0xa0;
}

size_t utf8_copy_printable(char *ret, size_t size, const char *s, size_t n)
{
    size_t len = 0;

    for (size_t i = 0; i < n;) {
        size_t length = utf8_valid_length(s + i, n - i);
        const char *from = length ? s + i : UTF8_REPLACEMENT;
        size_t take = length ? length : sizeof(UTF8_REPLACEMENT) - 1;

        i += length ? length : 1;
        if (is_control(from, take))
            continue;
        if (len + take >= size)
            break;
        memcpy(ret + len, from, take);
        len += take;
    }
    ret[len] = '\0';
    return len;
}
