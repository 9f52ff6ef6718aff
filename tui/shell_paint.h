/* A shell's cells in a window: all their attributes and colours, and a frame where its screen
 * ends. */
#ifndef PYRO_TUI_SHELL_PAINT_H
#define PYRO_TUI_SHELL_PAINT_H

#include "engine/term/pane_wire.h"
#include "tui/curses.h"

/* Draws the view's part from row `top` of the window on; only the rows that are marked as changed,
 * or `whole`. */
void shell_paint(WINDOW *win, int top, const struct pane_view *view, bool whole);

#endif
