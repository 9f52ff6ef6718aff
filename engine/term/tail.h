/*
 * The point from which output must be drawn so that the screen is right at its end, for a terminal
 * that has not drawn the output before it.
 */
#ifndef PYRO_TERM_TAIL_H
#define PYRO_TERM_TAIL_H

#include <stddef.h>

/*
 * The start of the last stretch of bytes[0..n) that only prints lines (text, colours, CR, BS, TAB,
 * EL, titles, modes) and holds `lines` line feeds, each after a CR, so that it scrolls everything
 * that was on the screen away: the offset of a line's first byte. n when there is none.
 */
size_t term_find_tail(const char *bytes, size_t n, size_t lines);

#endif
