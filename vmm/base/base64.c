/* vmm/base/base64.c: three bytes are four characters. */
#include "vmm/base/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool base64_encode(struct buf *to, const void *bytes, size_t n)
{
    const uint8_t *b = bytes;

    for (size_t i = 0; i < n; i += 3) {
        uint32_t group = (uint32_t)b[i] << 16;
        char text[4];
        if (i + 1 < n)
            group |= (uint32_t)b[i + 1] << 8;
        if (i + 2 < n)
            group |= b[i + 2];
        for (size_t k = 0; k < 4; k++)
            text[k] = i + k > n ? '=' : digits[group >> (18 - 6 * k) & 63];
        if (!buf_append(to, text, 4))
            return false;
    }
    return true;
}

static int value_of(char c)
{
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

bool base64_decode(struct buf *to, const char *s, size_t n)
{
    for (size_t i = 0; i + 4 <= n; i += 4) {
        size_t used = i + 4 < n || s[i + 3] != '=' ? 4 : s[i + 2] != '=' ? 3 : 2;
        uint32_t group = 0;
        char bytes[3];

        for (size_t d = 0; d < 4; d++) {
            int value = d < used ? value_of(s[i + d]) : 0;

            if (value < 0)
                return false;
            group = group << 6 | (uint32_t)value;
        }
        bytes[0] = (char)(group >> 16), bytes[1] = (char)(group >> 8), bytes[2] = (char)group;
        if (!buf_append(to, bytes, used - 1))
            return false;
    }
    return n % 4 == 0;
}
