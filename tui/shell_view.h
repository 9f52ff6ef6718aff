/* One shell at full size. */
#ifndef PYRO_TUI_SHELL_VIEW_H
#define PYRO_TUI_SHELL_VIEW_H

#include "tui/app.h"

/* Watching. NULL with err set when there is no such shell; app_push() it. */
struct screen *shell_view_new(struct app *app, const char *workspace_id, const char *shell_id,
                              struct pyro_error *err) MUST_CHECK;

/* Takes control of a view that was pushed, if that is possible. NULL is fine. */
void shell_view_take_control(struct screen *s);
/* The rows of a shell that fits a view of this height. */
int shell_view_rows(int rows);

extern const struct screen_ops shell_view_ops;

#endif
