/* The states that a workspace can be reset to. */
#ifndef PYRO_TUI_SNAPSHOTS_H
#define PYRO_TUI_SNAPSHOTS_H

#include "tui/model.h"

/* Pushes the screen. */
void snapshots_open(struct app *app, const struct watched_workspace *w);
/* Asks, and resets to what the workspace was created with. */
void snapshots_ask_reset(struct app *app, struct watched_workspace *w);

extern const struct screen_ops snapshots_ops;

#endif
