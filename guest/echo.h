/*
 * Whether the terminal shows what is typed now. What it does not show, a password above all, is told
 * the host as such, which keeps nothing of it.
 *
 * The kernel's echo shows it. A shell's line editor turns that off and shows it itself: recognized by
 * its terminal's mode (not canonical, CR kept apart from LF: `read -s` and programs that ask for a
 * password leave that as it is), by its being a shell that prompts here, and by its having waited for
 * the line. Only the first line of several is known to be for it.
 */
#ifndef PYRO_GUEST_ECHO_H
#define PYRO_GUEST_ECHO_H

#include <stdbool.h>
#include <sys/types.h>

struct echo {
    bool editing; /* the shell waited for the line that is being typed */
};

/* How many of the n bytes, from the first, are shown when they are written now. `paste`: newlines
 * among them end no line. */
size_t echo_shown(struct echo *e, int pty_fd, pid_t shell, bool paste, const char *bytes, size_t n);

#endif
