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

/* The pair for these colours; 0 (the terminal's own) when there are no colours. */
int color_pair(uint32_t fg, uint32_t bg);

#endif
