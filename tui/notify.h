/*
 * Notifications while the interface runs, by `notify = bell | osc9 | COMMAND` of the configuration:
 * of what asks for ten seconds, of what has failed (a command ten seconds ago, since its caller may
 * go on), and of what has finished and nobody has looked at for a minute. One a second at most.
 */
#ifndef PYRO_TUI_NOTIFY_H
#define PYRO_TUI_NOTIFY_H

#include "tui/app.h"

struct notify;

/* From the configuration. A command is words, run as they are, without a shell. */
void notify_choose(const char *how);
/* After app->model. What is known already is not told. */
struct notify *notify_new(struct app *app);
/* NULL is fine. Commands that run go on. */
void notify_free(struct notify *n);

#endif
