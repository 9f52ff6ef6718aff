/* The content of a workspace: its directories, its files' text, and a copy of either on this host.
 */
#ifndef PYRO_TUI_FILES_H
#define PYRO_TUI_FILES_H

#include "tui/area.h"
#include "tui/curses.h"
#include "tui/model.h"

/* Pushes the screen. */
void files_open(struct app *app, const struct watched_workspace *w);

/* Draws as much of what `workspace file list` said as there is room for. */
void files_draw_list(WINDOW *win, const struct area *place, const char *text);

extern const struct screen_ops files_ops;

#endif
