/* The wall: the running shells of the marked workspaces, or of all, live and side by side. */
#ifndef PYRO_TUI_WALL_H
#define PYRO_TUI_WALL_H

#include "tui/app.h"

void wall_open(struct app *app);

extern const struct screen_ops wall_ops;

#endif
