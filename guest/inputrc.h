/*
 * Readline's settings for a shell that a program types into: the user's own, and then
 * disable-completion, so that a TAB is a TAB at bash's prompt and in every program that edits lines
 * with readline, even when typed ahead.
 */
#ifndef PYRO_GUEST_INPUTRC_H
#define PYRO_GUEST_INPUTRC_H

#include "guest/command.h"

struct inputrc {
    char *path; /* in /run; NULL: none */
    int fd;     /* on a host, where nothing is written: a file in memory; -1: none */
};
#define INPUTRC_INIT { .fd = -1 }

/* Makes it for the shell `id` and names it in the command's environment. If that fails the command
 * is left as it is. */
void inputrc_make(struct inputrc *rc, const struct guest *g, const char *id, struct command *c);
void inputrc_remove(struct inputrc *rc);

#endif
