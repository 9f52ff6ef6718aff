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
struct screen *workspaces_new(void);

#endif
