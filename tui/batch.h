/*
 * One command of `pyro workspace` for several workspaces: a few at a time, each a job that is kept
 * in the log. An error of one stops none of the others; the outcome of all is told at the end.
 */
#ifndef PYRO_TUI_BATCH_H
#define PYRO_TUI_BATCH_H

#include "tui/model.h"

struct batch;

/* `word` is the command's ("stop"), a literal; the workspaces are remembered by id and name. */
struct batch *batch_new(struct app *app, const char *word, struct watched_workspace *const *list,
                        size_t count);
/* One more, and the shell of it that is meant. */
void batch_add(struct batch *batch, const struct watched_workspace *w, const char *shell);
/* The command is to type this line into the shells. */
void batch_set_input(struct batch *batch, const char *input);
/* One that was not started. NULL is fine. */
void batch_free(struct batch *batch);
/* Goes on by itself from here, and frees itself. */
void batch_start(struct batch *batch);

#endif
