/*
 * The number of columns a character takes. One table serves every renderer: it is libvterm 0.1.4's
 * own, read out of the library code point by code point, so that a plain read, a screen and a pane
 * agree on where a line wraps. A unit test compares the table with the library that is installed.
 */
#ifndef PYRO_TERM_WIDTH_H
#define PYRO_TERM_WIDTH_H

#include <stddef.h>
#include <stdint.h>

/* 0 for a combining mark, 2 for a wide character, 1 for everything else. */
int term_width(uint32_t codepoint);

/* Decodes the valid UTF-8 sequence at s and advances *len by its bytes. */
static inline uint32_t term_decode(const char *s, size_t *len)
{
    const unsigned char *u = (const unsigned char *)s;

    if (u[0] < 0x80) {
        *len += 1;
        return u[0];
    }
    if (u[0] < 0xe0) {
        *len += 2;
        return (uint32_t)(u[0] & 0x1f) << 6 | (u[1] & 0x3f);
    }
    if (u[0] < 0xf0) {
        *len += 3;
        return (uint32_t)(u[0] & 0x0f) << 12 | (uint32_t)(u[1] & 0x3f) << 6 | (u[2] & 0x3f);
    }
    *len += 4;
    return (uint32_t)(u[0] & 0x07) << 18 | (uint32_t)(u[1] & 0x3f) << 12 |
           (uint32_t)(u[2] & 0x3f) << 6 | (u[3] & 0x3f);
}

/* Writes the code point as UTF-8 (room for 4 bytes) and returns the number of bytes. */
static inline size_t term_encode(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6), out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12), out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18), out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f)), out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

#endif
