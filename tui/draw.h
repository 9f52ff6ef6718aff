/*
 * Putting text into a window. All widths are columns as engine/term/width counts them; nothing is
 * ever drawn past the width that was given, and a wide character that would not fit is left out.
 * Text may be foreign: control characters, bytes that are not UTF-8 and characters that reorder a
 * line come out as visible escapes (\n, \x1b, \u202e).
 */
#ifndef PYRO_TUI_DRAW_H
#define PYRO_TUI_DRAW_H

#include "tui/area.h"
#include "tui/theme.h"
#include "vmm/base/cleanup.h"

/* Draws text at (row, col) in at most `width` columns, ending with "…" when it does not fit.
 * Returns the columns used. */
int draw_text(WINDOW *win, int row, int col, int width, struct style style, const char *text);
/* The same, then blanks up to the width. */
void draw_cell(WINDOW *win, int row, int col, int width, struct style style, const char *text);
/* The same at the right of the width. */
void draw_right(WINDOW *win, int row, int col, int width, struct style style, const char *text);
/* The columns that draw_text() needs for all of it. */
int draw_width(const char *text);
/* Blanks. */
void draw_fill(WINDOW *win, int row, int col, int width, struct style style);
void draw_clear(WINDOW *win, struct style style);
/* Gives all that is in the window one look. */
void draw_shade(WINDOW *win, struct style style);
/* A frame of light lines with a title set into its top; the inside is left alone. */
void draw_box(WINDOW *win, struct area a, struct style style, const char *title);
void draw_rule(WINDOW *win, int row, int col, int width, struct style style);
/* A word-wrapped paragraph; returns the lines used, or with win NULL those that it needs. */
int draw_wrapped(WINDOW *win, struct area a, struct style style, const char *text);
/* The same, but of a text that does not fit the end is shown, behind "…". */
void draw_wrapped_end(WINDOW *win, struct area a, struct style style, const char *text);
/* The columns of the longest line of a text. */
int draw_widest(const char *text);
/* A scroll bar in one column: which part of `total` lines is shown, from line `first` on. Nothing
 * when all fit. */
void draw_scrollbar(WINDOW *win, struct area a, int first, int total, struct style style);

/*
 * Whether a mark stays with its character. Variation selectors and joiners do not: terminals do not
 * agree on the columns of what they make of a character (an emoji, two of them as one), and without
 * them all have those that engine/term/width counts.
 */
bool draw_keeps_mark(uint32_t mark);

/* style a, on the background of style b: text on a selected line keeps its colour, or as much of it
 * as can be read there. */
struct style style_on(struct style a, struct style b);

#endif
