/*
 * The list of screens: what the configuration may name and the help screen can show. A new view is
 * a file of its own and a line in screens.c.
 */
#ifndef PYRO_TUI_SCREENS_H
#define PYRO_TUI_SCREENS_H

#include "tui/app.h"

/* Each screen's functions, NULL-terminated. */
extern const struct screen_ops *const screens[];
/* Whether key.SCREEN.ACTION means something; SCREEN is a screen's name or "global". */
bool screens_have_action(const char *screen, const char *action);

extern const struct screen_ops workspaces_ops;
/* The list of workspaces: the first screen. */
struct screen *workspaces_new(struct app *app);

/*
 * A shell at full size, watching; and the wall of the live shells of the marked workspaces (of all
 * when none is marked). NULL with err set when it cannot be shown; app_push() what they return.
 */
struct screen *shell_view_new(struct app *app, const char *workspace_id, const char *shell_id,
                              struct pyro_error *err) __attribute__((weak));
struct screen *wall_new(struct app *app, struct pyro_error *err) __attribute__((weak));

#endif
