/* The services of all workspaces: state, readiness, ports, and what can be done with them. */
#ifndef PYRO_TUI_SERVICES_H
#define PYRO_TUI_SERVICES_H

#include "tui/app.h"

/* The cursor begins with a service of that workspace, if it has any; new ones are started in it
 * while none is selected. NULL: no workspace in particular. */
void services_open(struct app *app, const char *workspace_id);

extern const struct screen_ops services_ops;

#endif
