/* The log of what was done and what went wrong, and the jobs that run. */
#ifndef PYRO_TUI_LOG_VIEW_H
#define PYRO_TUI_LOG_VIEW_H

#include "tui/app.h"

void log_view_open(struct app *app);

extern const struct screen_ops log_view_ops;

#endif
