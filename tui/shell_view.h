/* One shell at full size. */
#ifndef PYRO_TUI_SHELL_VIEW_H
#define PYRO_TUI_SHELL_VIEW_H

#include "tui/app.h"

/* Watching. NULL with err set when there is no such shell; app_push() it. */
struct screen *shell_view_new(struct app *app, const char *workspace_id, const char *shell_id,
                              struct pyro_error *err) MUST_CHECK;

extern const struct screen_ops shell_view_ops;

#endif
