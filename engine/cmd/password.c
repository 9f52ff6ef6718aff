/* engine/cmd/password.c: a line from a terminal, or all of a pipe. */
#include "engine/cmd/password.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "vmm/base/fs.h"

/* Up to the end of a line; false when there is none, with what came before it in *ret. */
static bool read_line(int fd, struct buf *ret)
{
    for (;;) {
        char c;
        ssize_t n = read(fd, &c, 1);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        if (c == '\n')
            return true;
        if (!buf_append(ret, &c, 1))
            return false;
    }
}

static bool check(const struct buf *text, const char *what, struct pyro_error *err)
{
    if (!text->len)
        return pyro_fail(err, PYRO_USAGE, "no %s was given", what);
    return !memchr(text->data, '\0', text->len) ||
           pyro_fail(err, PYRO_USAGE, "the %s has a zero in it", what);
}

static bool prompt_for(const struct cmd_io *io, const char *prompt, struct pyro_error *err)
{
    return fs_write_all(io->err_fd, prompt, strlen(prompt), err);
}

bool password_ask_name(const struct cmd_io *io, const char *prompt, struct buf *ret,
                       struct pyro_error *err)
{
    if (!isatty(io->in_fd))
        return pyro_fail(err, PYRO_USAGE, "a user name is asked for at a terminal only");
    if (!prompt_for(io, prompt, err))
        return false;
    if (!read_line(io->in_fd, ret))
        buf_clear(ret);
    return check(ret, "user name", err);
}

/* While nothing is echoed, a signal is noticed and not yet taken. */
static bool wait_for_key(int in_fd, int signal_fd)
{
    struct pollfd fds[] = { { .fd = in_fd, .events = POLLIN },
                            { .fd = signal_fd, .events = POLLIN } };

    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR)
            return false;
    return !fds[1].revents;
}

static bool read_silently(const struct cmd_io *io, const char *prompt, struct buf *ret,
                          struct pyro_error *err)
{
    sigset_t ends, before;
    struct termios modes, silent;
    scoped_close int signal_fd = -1;
    bool typed = false;

    sigemptyset(&ends);
    sigaddset(&ends, SIGINT), sigaddset(&ends, SIGTERM), sigaddset(&ends, SIGHUP);
    sigaddset(&ends, SIGQUIT);
    if (tcgetattr(io->in_fd, &modes) != 0)
        return pyro_fail_errno(err, "read the terminal's modes");
    signal_fd = signalfd(-1, &ends, SFD_CLOEXEC);
    if (signal_fd < 0)
        return pyro_fail_errno(err, "signalfd");
    silent = modes;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    silent.c_lflag |= ECHONL;
    sigaddset(&ends, SIGTSTP); /* that one waits */
    sigprocmask(SIG_BLOCK, &ends, &before);
    if (tcsetattr(io->in_fd, TCSAFLUSH, &silent) == 0 && prompt_for(io, prompt, err))
        typed = wait_for_key(io->in_fd, signal_fd) && read_line(io->in_fd, ret);
    tcsetattr(io->in_fd, TCSAFLUSH, &modes);
    sigprocmask(SIG_SETMASK, &before, NULL); /* one that came ends pyro here */
    return typed || pyro_fail(err, PYRO_USAGE, "no password was given");
}

static bool read_all(int in_fd, struct buf *ret, struct pyro_error *err)
{
    if (!fs_read_fd(in_fd, ret))
        return errno == EFBIG ? pyro_fail(err, PYRO_USAGE, "the password has more than %d bytes",
                                          PASSWORD_BYTES_MAX)
                              : pyro_fail_errno(err, "read the password");
    if (ret->len && ret->data[ret->len - 1] == '\n')
        ret->len--;
    if (ret->len && ret->data[ret->len - 1] == '\r')
        ret->len--;
    if (ret->data)
        ret->data[ret->len] = '\0';
    return true;
}

bool password_read(const struct cmd_io *io, const char *prompt, struct buf *ret,
                   struct pyro_error *err)
{
    bool ok =
        isatty(io->in_fd) ? read_silently(io, prompt, ret, err) : read_all(io->in_fd, ret, err);

    return ok && check(ret, "password", err);
}
