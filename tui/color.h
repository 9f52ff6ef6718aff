/*
 * Colours as a program asks for them, and the ncurses pairs that show them on this terminal.
 * A colour is the terminal's default, an index into its palette, or 24 bits; what the terminal
 * cannot show becomes the nearest it can. Pairs are made as they are asked for and never change.
 */
#ifndef PYRO_TUI_COLOR_H
#define PYRO_TUI_COLOR_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/curses.h"

#define COLOUR_DEFAULT 0u
#define COLOUR_INDEX(n) (0x01000000u | (uint32_t)(n))
#define COLOUR_RGB(rgb) (0x02000000u | (uint32_t)(rgb))

enum color_depth { DEPTH_MONO, DEPTH_16, DEPTH_256, DEPTH_TRUE };

/* How text looks: ncurses attributes and two colours. */
struct style {
    attr_t attrs;
    uint32_t fg, bg;
};

/* The wishes of the environment (NO_COLOR, COLORTERM); DEPTH_TRUE asks the terminal for
 * no proof. */
bool color_wants_none(void);
bool color_claims_direct(void);

/* After start_color(): what ncurses found. `direct`: the entry takes indices and 24 bits. */
void color_init(bool direct);
enum color_depth color_depth(void);
/* Lowers the depth, for a theme that wants fewer colours. */
void color_limit(enum color_depth depth);

/*
 * A foreground that can be read on the background: fg itself, or, moved as far as it must be towards
 * `readable`, a colour of COLOR_CONTRAST. Only for 24 bits; fg in any other case.
 */
#define COLOR_CONTRAST 4.5 /* WCAG 2, AA */
uint32_t color_readable(uint32_t fg, uint32_t bg, uint32_t readable);
/* The contrast of two colours of 24 bits, from 1 to 21. */
double color_contrast(uint32_t a, uint32_t b);

/* The 24 bits of the nearest of 256 (or 16) colours, where there are only those. */
uint32_t color_shown(uint32_t rgb, int count);

/* The pair for these colours; 0 (the terminal's own) when there are no colours. */
int color_pair(uint32_t fg, uint32_t bg);

#endif
