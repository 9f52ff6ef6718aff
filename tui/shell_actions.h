/* Actions on a shell, beside typing: a signal, and its end. Each is a command, run
 * as a job. */
#ifndef PYRO_TUI_SHELL_ACTIONS_H
#define PYRO_TUI_SHELL_ACTIONS_H

#include "tui/app.h"

/* Offers the signals of `workspace shell signal`, and sends the chosen one. */
void shell_ask_signal(struct app *app, const char *workspace_id, const char *shell);
/* Asks, and closes it. `runs`: what runs in it; NULL or "": nothing that is known. */
void shell_ask_close(struct app *app, const char *workspace_id, const char *shell,
                     const char *runs);

#endif
