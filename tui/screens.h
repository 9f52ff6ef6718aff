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
/* keymap_note() of every action there is. */
void screens_note_actions(void);

extern const struct screen_ops workspaces_ops;
/* The list of workspaces: the first screen. */
struct screen *workspaces_new(struct app *app);
/* Moves its cursor to this workspace, when it is there. */
void workspaces_select(struct screen *s, const char *workspace_id);

extern const struct screen_ops shell_view_ops;
/* A shell at full size, watching. NULL with err set when there is no such shell; app_push() it. */
struct screen *shell_view_new(struct app *app, const char *workspace_id, const char *shell_id,
                              struct pyro_error *err) MUST_CHECK;

#endif
