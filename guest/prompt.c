/* guest/prompt.c: whether a shell waits at its terminal. */
#include "guest/prompt.h"

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define POLLED_MAX 64
#define BASH_TERMINAL 255 /* where a bash with job control keeps its terminal open */

/* Whether descriptor `fd` of the process is this terminal. */
static bool is_terminal(pid_t pid, int fd, dev_t terminal)
{
    char path[64];
    struct stat st;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
    return stat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == terminal;
}

static bool read_memory(pid_t pid, uint64_t address, void *ret, size_t n)
{
    scoped_close int fd = -1;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && pread(fd, ret, n, (off_t)address) == (ssize_t)n;
}

static bool selects_terminal(pid_t pid, uint64_t count, uint64_t set_address, dev_t terminal)
{
    fd_set set;

    if (!set_address || !read_memory(pid, set_address, &set, sizeof(set)))
        return false;
    for (int fd = 0; fd < FD_SETSIZE && (uint64_t)fd < count; fd++)
        if (FD_ISSET(fd, &set) && is_terminal(pid, fd, terminal))
            return true;
    return false;
}

static bool polls_terminal(pid_t pid, uint64_t address, uint64_t count, dev_t terminal)
{
    struct pollfd polled[POLLED_MAX];

    if (count > POLLED_MAX)
        count = POLLED_MAX;
    if (!count || !read_memory(pid, address, polled, count * sizeof(*polled)))
        return false;
    for (size_t i = 0; i < count; i++)
        if ((polled[i].events & POLLIN) && is_terminal(pid, polled[i].fd, terminal))
            return true;
    return false;
}

/* The system call the process is blocked in, and its first three arguments. */
static bool blocked_in(pid_t pid, long *ret_number, uint64_t ret_args[3])
{
    scoped_close int fd = -1;
    char path[64], text[512];
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || (n = read(fd, text, sizeof(text) - 1)) <= 0)
        return false;
    text[n] = '\0';
    return sscanf(text, "%ld %lx %lx %lx", ret_number, &ret_args[0], &ret_args[1], &ret_args[2]) ==
           4;
}

static int open_slave(int pty_fd)
{
    return ioctl(pty_fd, TIOCGPTPEER, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

int prompt_unread(int pty_fd)
{
    scoped_close int slave = open_slave(pty_fd);
    int unread = 0;

    return slave >= 0 && ioctl(slave, FIONREAD, &unread) == 0 ? unread : -1;
}

bool prompt_is_waiting(pid_t shell, int pty_fd)
{
    scoped_close int slave = open_slave(pty_fd);
    uint64_t args[3];
    struct stat st;
    long number;
    int unread = 0;

    if (slave < 0 || fstat(slave, &st) != 0 || ioctl(slave, FIONREAD, &unread) != 0 || unread ||
        tcgetpgrp(pty_fd) != shell || !blocked_in(shell, &number, args))
        return false;
    switch (number) {
    case SYS_read:
        return is_terminal(shell, (int)args[0], st.st_rdev);
    case SYS_select:
    case SYS_pselect6:
        return selects_terminal(shell, args[0], args[1], st.st_rdev);
    case SYS_poll:
    case SYS_ppoll:
        return polls_terminal(shell, args[0], args[1], st.st_rdev);
    default:
        return false;
    }
}

bool prompt_is_bash(pid_t pid, int pty_fd)
{
    scoped_close int slave = open_slave(pty_fd);
    struct stat st;

    return slave >= 0 && fstat(slave, &st) == 0 && is_terminal(pid, BASH_TERMINAL, st.st_rdev);
}
