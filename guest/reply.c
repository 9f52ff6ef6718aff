/* guest/reply.c: the program that asked the terminal, and whether it still waits. */
#include "guest/reply.h"

#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "guest/prompt.h"

/* The last bytes of sequences that ask: only output with one of them is worth a look. */
#define QUESTION_ENDS "ncZtxpqu\a\\"

static bool is_raw(int pty_fd)
{
    struct termios mode;

    return tcgetattr(pty_fd, &mode) == 0 && !(mode.c_lflag & (ICANON | ECHO));
}

void reply_saw_output(struct reply_gate *gate, int pty_fd, const char *bytes, size_t n)
{
    gate->asker = 0;
    if (bytes[n - 1] && strchr(QUESTION_ENDS, bytes[n - 1]) && is_raw(pty_fd))
        gate->asker = tcgetpgrp(pty_fd);
}

bool reply_is_awaited(const struct reply_gate *gate, int pty_fd, pid_t shell)
{
    struct pollfd output = { .fd = pty_fd, .events = POLLIN };

    return gate->asker > 0 && gate->asker != shell && tcgetpgrp(pty_fd) == gate->asker &&
           is_raw(pty_fd) && prompt_unread(pty_fd) == 0 && poll(&output, 1, 0) == 0 &&
           !prompt_is_bash(gate->asker, pty_fd);
}
