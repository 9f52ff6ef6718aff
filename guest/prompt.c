/* guest/prompt.c: whether a shell waits at its terminal. */
#include "guest/prompt.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/tty_wait.h"
#include "vmm/base/fs.h"

#define BASH_TERMINAL 255 /* where a bash with job control keeps its terminal open */

int prompt_open_slave(int pty_fd)
{
    return ioctl(pty_fd, TIOCGPTPEER, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

int prompt_slave_unread(int slave)
{
    struct pollfd input = { .fd = slave, .events = POLLIN };
    int unread = 0;

    /* What was written to the master gets to the slave by a worker of the kernel's, a moment later.
     * poll() waits for that worker, FIONREAD does not. */
    (void)!poll(&input, 1, 0);
    return ioctl(slave, FIONREAD, &unread) == 0 ? unread : -1;
}

int prompt_unread(int pty_fd)
{
    scoped_close int slave = prompt_open_slave(pty_fd);

    return slave >= 0 ? prompt_slave_unread(slave) : -1;
}

bool prompt_is_waiting(pid_t shell, int pty_fd)
{
    scoped_close int slave = prompt_open_slave(pty_fd);
    struct tty_wait wait;
    struct stat st;

    if (slave < 0 || fstat(slave, &st) != 0 || prompt_slave_unread(slave) != 0 ||
        tcgetpgrp(pty_fd) != shell)
        return false;
    tty_wait_look(shell, shell, st.st_rdev, false, &wait);
    return wait.kind != TTY_WAIT_NONE;
}

bool prompt_is_bash(pid_t pid, int pty_fd)
{
    scoped_close int slave = prompt_open_slave(pty_fd);
    struct stat st;

    return slave >= 0 && fstat(slave, &st) == 0 && prompt_bash_has(pid, st.st_rdev);
}

bool prompt_bash_has(pid_t pid, dev_t terminal)
{
    return tty_is_open(pid, BASH_TERMINAL, terminal);
}
