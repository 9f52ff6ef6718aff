/* Whether a shell waits for input, judged by the kernel's state (tty_wait.h). */
#ifndef PYRO_GUEST_PROMPT_H
#define PYRO_GUEST_PROMPT_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * True when the process is its terminal's foreground group, is blocked reading, selecting or
 * polling that terminal, and no typed input is unread. `pty_fd` is the master.
 */
bool prompt_is_waiting(pid_t shell, int pty_fd);
/* How many typed bytes are unread, all that was written to the master among them; -1: not known. */
int prompt_unread(int pty_fd);
/* The same, of the terminal's slave. */
int prompt_slave_unread(int slave);
/* Whether the process is a bash that prompts at this terminal, rather than one that runs a script.
 */
bool prompt_is_bash(pid_t pid, int pty_fd);
/* The same, by the number of the terminal's slave. */
bool prompt_bash_has(pid_t pid, dev_t terminal);
/* The terminal's slave, for looks at it only; -1 on failure. */
int prompt_open_slave(int pty_fd);

#endif
