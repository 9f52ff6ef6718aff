/* The changes in a workspace since it was created, in colour. */
#ifndef PYRO_TUI_DIFF_VIEW_H
#define PYRO_TUI_DIFF_VIEW_H

#include "tui/model.h"

/* Asks for the diff, and shows it when it is there. */
void diff_view_open(struct app *app, const struct watched_workspace *w);

#endif
