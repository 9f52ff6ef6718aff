/* A shell's cells in a window: all their attributes and colours, and a frame where its screen
 * ends. */
#ifndef PYRO_TUI_SHELL_PAINT_H
#define PYRO_TUI_SHELL_PAINT_H

#include "engine/term/pane_wire.h"
#include "tui/area.h"
#include "tui/color.h"

/* A style with a cell's colours and attributes (engine/term/cell.h) over it. */
struct style shell_paint_style(struct style under, uint32_t fg, uint32_t bg, unsigned attr);

/* Draws the view's part into the place; only the rows that are marked as changed, or `whole`. */
void shell_paint(WINDOW *win, const struct area *place, const struct pane_view *view, bool whole);
/* The nearest part to it that is right for a view that `panned` says was moved by hand. */
struct pane_rect shell_rect_of(const struct pane_view *view, struct pane_rect rect, bool panned);
/* The part of this size, as near to `rect` as can be, that has the cursor in it. */
struct pane_rect shell_rect_at_cursor(const struct pane_view *view, struct pane_rect rect);
/* The same from the first column on, wherever the cursor is: the beginnings of lines say most. */
struct pane_rect shell_rect_of_lines(const struct pane_view *view, struct pane_rect rect);

#endif
