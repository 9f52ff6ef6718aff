/* What a workspace does, in words: for the column RUNS. */
#ifndef PYRO_TUI_DOING_H
#define PYRO_TUI_DOING_H

#include "tui/model.h"

/*
 * What it asks, what failed in it, the command that runs, or the foreground program of its latest
 * shell, into ret ("" for none; foreign text), and since when (epoch seconds; 0: not known).
 * *ret_idle: it is only a prompt.
 */
void doing_of(struct watched_workspace *w, char *ret, size_t size, double *ret_since,
              bool *ret_idle);
/* The program that asks, which the words above leave out; "": nothing does. Foreign text. */
const char *doing_program(const struct watched_workspace *w);

#endif
