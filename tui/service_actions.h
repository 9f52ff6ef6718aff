/* Actions on a service that runs. */
#ifndef PYRO_TUI_SERVICE_ACTIONS_H
#define PYRO_TUI_SERVICE_ACTIONS_H

#include "tui/app.h"
#include "vmm/base/json.h"

/* Asks, and stops it: `workspace service stop`, run as a job. */
void service_ask_stop(struct app *app, const json_t *service);

#endif
