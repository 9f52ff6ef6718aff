/*
 * Answers what a program asks without going to its shell: one line, typed into the shell that asks,
 * or else into the one that printed last; into those of several workspaces after one question.
 */
#ifndef PYRO_TUI_ANSWER_H
#define PYRO_TUI_ANSWER_H

#include "tui/model.h"

/* Whether there is a shell in it to answer. */
bool answer_is_possible(const struct watched_workspace *w);
/* `shell`: of the only workspace, or NULL for the one that asks. Those without one are left out. */
void answer_ask(struct app *app, struct watched_workspace *const *list, size_t count,
                const char *shell);

#endif
