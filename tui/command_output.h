/* What a command of a workspace printed, to read: all of it, or so far while it runs. */
#ifndef PYRO_TUI_COMMAND_OUTPUT_H
#define PYRO_TUI_COMMAND_OUTPUT_H

#include <stdbool.h>

#include "tui/app.h"

/*
 * `sequence`: its number; `runs`: it may not have ended. dir_fd, borrowed: the workspace's. Reading how it
 * ended says that this is known.
 */
void command_output_open(struct app *app, const char *workspace_id, int dir_fd,
                         const char *sequence, bool runs);

#endif
