/* Which program a shell is. */
#ifndef PYRO_GUEST_LOGIN_SHELL_H
#define PYRO_GUEST_LOGIN_SHELL_H

#include "guest/child.h"

/*
 * Starts the shell of a request on a terminal; where the machine lacks that program, the one that
 * its passwd names for the user, or else /bin/sh, and then SHELL says so. PYRO_NO_SHELL: it has none
 * of them.
 */
bool login_shell_start(struct child *child, const struct guest *g, struct command *c, int tty_fd,
                       struct pyro_error *err) MUST_CHECK;

#endif
