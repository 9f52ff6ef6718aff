/* The list of workspaces: the first screen. */
#ifndef PYRO_TUI_WORKSPACES_H
#define PYRO_TUI_WORKSPACES_H

#include "tui/app.h"

struct screen *workspaces_new(struct app *app);
/* Moves its cursor to this workspace, when it is there. */
void workspaces_select(struct screen *s, const char *workspace_id);
/* The same, and shows all workspaces, if a filter hid it. */
void workspaces_go_to(struct screen *s, const char *workspace_id);

extern const struct screen_ops workspaces_ops;

#endif
