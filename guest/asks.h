/*
 * Whether a program in the foreground of a terminal waits there for input: known from what its
 * threads are blocked in and the terminal's state, never from text.
 *
 * A read of the terminal is a question at once. A poll is one when it has nothing else to end it
 * and the cursor is behind something, or after a longer silence when the terminal is raw: a program
 * that redraws itself, serves a socket or merely listens for keys polls the terminal all the time.
 * A process that relays another terminal (sudo, script) is judged by who is in the foreground of
 * that one. docs/shells.md has the table.
 */
#ifndef PYRO_GUEST_ASKS_H
#define PYRO_GUEST_ASKS_H

#include <stdint.h>

#include "guest/processes.h"

struct asks_terminal {
    int pty_fd;
    pid_t shell;                /* that the terminal was made for */
    const struct cgroup *group; /* of all that runs in it; NULL: none */
    bool ends_in_line;          /* modes_ends_in_line() */
    bool shell_edits;           /* the shell reads its command lines in raw mode */
};

struct asks_verdict {
    int64_t after_ms; /* the silence after which it asks; -1: it does not */
    bool is_waited;   /* somebody waits for the terminal's input at all */
    bool at_shell;    /* that is a shell at its prompt, the terminal's own or another */
    bool hides; /* who asks has turned echo off, and has the terminal edit the line: a password */
};

void asks_judge(const struct asks_terminal *t, struct asks_verdict *ret);
/* Whether the terminal edits lines itself. */
bool asks_is_canonical(int pty_fd);

#endif
