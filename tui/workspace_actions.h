/*
 * The operator's actions on a workspace: each is a command of pyro, run as a job, after a question
 * when something would be lost. Errors are shown in the key bar and kept in the log.
 */
#ifndef PYRO_TUI_WORKSPACE_ACTIONS_H
#define PYRO_TUI_WORKSPACE_ACTIONS_H

#include "tui/job.h"
#include "tui/model.h"

/* A form; the list's cursor goes to the new workspace in the end. */
void workspace_ask_create(struct app *app);
/* Asks for the name of one that goes on from this one, which is stopped; likewise. */
void workspace_ask_fork(struct app *app, const struct watched_workspace *w);
/* Makes a first workspace with one key, opens a shell in it, and takes control of that. */
void workspace_first_run(struct app *app);
/* Watches its running shell; with several the operator chooses one. */
void workspace_watch_it(struct app *app, const struct watched_workspace *w);
/* Watches this one, or the log of one that has ended. NULL: it could not, which was told. */
struct screen *workspace_watch_shell(struct app *app, const char *workspace_id,
                                     const char *shell_id);
/* Opens a shell in it, as large as it is shown, and takes control of it. */
void workspace_new_shell(struct app *app, const struct watched_workspace *w);
/* Opens a shell in it, as large as it is shown in this part; done() gets its result. */
void workspace_open_shell(struct app *app, const char *id, const char *name, enum part part,
                          job_done_fn *done);
/* These are for one or several; a question names them all. */
void workspace_start_them(struct app *app, struct watched_workspace *const *list, size_t count);
/* Ends their machines and keeps what runs in them, so nothing is asked. */
void workspace_suspend_them(struct app *app, struct watched_workspace *const *list, size_t count);
void workspace_ask_start(struct app *app, struct watched_workspace *w);
void workspace_ask_stop(struct app *app, struct watched_workspace *const *list, size_t count);
void workspace_ask_delete(struct app *app, struct watched_workspace *const *list, size_t count);
/* All that runs in them and would end with them, as a line of its own; "" for nothing. New. */
char *workspace_what_ends(struct watched_workspace *const *list, size_t count);

#endif
