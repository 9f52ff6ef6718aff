/* A shell's recording, played in its place: paused, sought and sped up by keys. */
#ifndef PYRO_TUI_REPLAY_VIEW_H
#define PYRO_TUI_REPLAY_VIEW_H

#include "tui/app.h"

/* Opens it ten minutes before now, or at the recording's beginning, playing; with an error in words
 * when there is no such shell. */
void replay_view_open(struct app *app, const char *workspace_id, const char *shell_id);

extern const struct screen_ops replay_view_ops;

#endif
