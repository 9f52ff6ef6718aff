/* The DEC line-drawing set, which both our grid and the gate turn into Unicode themselves. */
#ifndef PYRO_TERM_LINEDRAW_H
#define PYRO_TERM_LINEDRAW_H

#include <stdint.h>

/* The character that the set shows for code point c; c itself if it has none. */
static inline uint32_t term_line_drawing(uint32_t c)
{
    /* 0x60 to 0x7e; 0x5f is a blank */
    static const uint16_t set[] = {
        0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b, 0x2518,
        0x2510, 0x250c, 0x2514, 0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524,
        0x2534, 0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
    };

    if (c < 0x5f || c > 0x7e)
        return c;
    return c == 0x5f ? ' ' : set[c - 0x60];
}

#endif
