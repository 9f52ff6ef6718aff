/* The changes in a workspace since it was created, in colour. */
#ifndef PYRO_TUI_DIFF_VIEW_H
#define PYRO_TUI_DIFF_VIEW_H

#include "tui/area.h"
#include "tui/curses.h"
#include "tui/model.h"

/* Asks for the diff, and shows it when it is there. */
void diff_view_open(struct app *app, const struct watched_workspace *w);
/* Draws as much of what `workspace diff --stat` said as there is room for. */
void diff_view_draw(WINDOW *win, const struct area *place, const char *text);

#endif
