/*
 * Whether a program that asked its terminal something still waits for the answer. A reply that
 * nobody waits for is typed into the shell, so it is given only to who asked: the terminal was raw
 * and without echo when the question was read and is so now, the same process group is in the
 * foreground, and nothing that was printed or typed since is unread.
 */
#ifndef PYRO_GUEST_REPLY_H
#define PYRO_GUEST_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct reply_gate {
    pid_t asker; /* the foreground as output that may end with a question was read; 0: none */
};

/* n > 0 bytes of output were read. */
void reply_saw_output(struct reply_gate *gate, int pty_fd, const char *bytes, size_t n);
bool reply_is_awaited(const struct reply_gate *gate, int pty_fd);

#endif
