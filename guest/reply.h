/*
 * Whether a program that asked its terminal something still waits for the answer. A reply that
 * nobody waits for is typed into the shell, so it is given only to the program that asked: the
 * terminal was raw and without echo when the question was read and still is, the same process group
 * is in the foreground, and nothing printed or typed since is unread.
 *
 * A shell at its prompt has its terminal raw too, and a job in its background can print a question:
 * there is no telling who printed it. The shell itself asks nothing, so it is given no reply, and
 * neither is a bash that was started in it.
 */
#ifndef PYRO_GUEST_REPLY_H
#define PYRO_GUEST_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct reply_gate {
    pid_t asker; /* the foreground when output that may end with a question was read; 0: none */
};

/* n > 0 bytes of output were read. */
void reply_saw_output(struct reply_gate *gate, int pty_fd, const char *bytes, size_t n);
/* `shell` is the process that the terminal was made for. */
bool reply_is_awaited(const struct reply_gate *gate, int pty_fd, pid_t shell);

#endif
