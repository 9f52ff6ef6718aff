/* The content of a workspace: its directories, its files' text, and a copy of either on this host.
 */
#ifndef PYRO_TUI_FILES_H
#define PYRO_TUI_FILES_H

#include "tui/model.h"

/* Pushes the screen. */
void files_open(struct app *app, const struct watched_workspace *w);

extern const struct screen_ops files_ops;

#endif
