/*
 * The list of screens, which the configuration may name and the help screen can show. A new view is
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

#endif
