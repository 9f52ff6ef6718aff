/* Shells that are pinned to the wall's beginning. Kept (state.h). */
#ifndef PYRO_TUI_WALL_PINS_H
#define PYRO_TUI_WALL_PINS_H

#include "tui/app.h"

bool wall_pins_has(const char *workspace_id, const char *shell);
/* Pins it, or no longer. Those of workspaces that are gone are dropped. */
void wall_pins_toggle(struct app *app, const char *workspace_id, const char *shell);

#endif
