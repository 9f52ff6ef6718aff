/* What a workspace does, in words: for the column RUNS. */
#ifndef PYRO_TUI_DOING_H
#define PYRO_TUI_DOING_H

#include "tui/model.h"
#include "tui/theme.h"

/*
 * What it asks, what failed or finished in it, the command that runs, the foreground program of its latest
 * shell, or how many services run, into ret ("" for none; foreign text), and since when (epoch seconds; 0: not known).
 * *ret_idle: it is only a prompt.
 */
void doing_of(struct watched_workspace *w, char *ret, size_t size, double *ret_since,
              bool *ret_idle);
/* The latest of the commands that run, without the shell that is given it, foreign text; false: none does. */
bool doing_command(struct watched_workspace *w, char *ret, size_t size, double *ret_since);
/* The program that asks, which the words above leave out; "": nothing does. Foreign text. */
const char *doing_program(const struct watched_workspace *w);
/* What a running shell does: "asks sudo", "at its prompt", "runs make". Foreign text. */
enum role doing_in_shell(const struct shell_record *r, char *ret, size_t size);

#endif
