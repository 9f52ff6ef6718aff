/* guest/tty_wait.c: the system call of a thread, and the descriptors in it. */
#include "guest/tty_wait.h"

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define DESCRIPTORS_MAX 64 /* of one call that are looked at */
#define FDINFO_BYTES 8192
#define ARGS 6

struct call {
    pid_t pid;
    long number;
    uint64_t args[ARGS];
};

/* The descriptors that a call waits for to become readable. */
struct waited {
    int fds[DESCRIPTORS_MAX];
    size_t count;
};

static bool stat_descriptor(pid_t pid, int fd, struct stat *ret)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
    return stat(path, ret) == 0;
}

bool tty_is_open(pid_t pid, int fd, dev_t device)
{
    struct stat st;

    return stat_descriptor(pid, fd, &st) && S_ISCHR(st.st_mode) && st.st_rdev == device;
}

static bool is_terminal(pid_t pid, int fd, dev_t terminal)
{
    struct stat st;

    return stat_descriptor(pid, fd, &st) && S_ISCHR(st.st_mode) &&
           (st.st_rdev == terminal || st.st_rdev == makedev(5, 0));
}

/* Asked of the socket itself: the tables of connections in /proc are long. */
static bool is_network(pid_t pid, int fd)
{
    scoped_close int process = -1, copy = -1;
    int domain = 0;
    socklen_t size = sizeof(domain);
    struct stat st;

    if (!stat_descriptor(pid, fd, &st) || !S_ISSOCK(st.st_mode))
        return false;
    process = (int)syscall(SYS_pidfd_open, pid, 0);
    copy = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd, 0);
    return copy >= 0 && getsockopt(copy, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
           (domain == AF_INET || domain == AF_INET6);
}

static size_t read_text(const char *path, char *ret, size_t size)
{
    scoped_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : fs_read_full(fd, ret, size - 1);

    ret[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

static bool read_memory(pid_t pid, uint64_t address, void *ret, size_t n)
{
    scoped_close int fd = -1;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && pread(fd, ret, n, (off_t)address) == (ssize_t)n;
}

/* False when it runs, or is blocked outside a system call. */
static bool read_call(pid_t pid, pid_t tid, struct call *ret)
{
    char path[64], text[512];

    snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", (int)pid, (int)tid);
    read_text(path, text, sizeof(text));
    ret->pid = pid;
    return sscanf(text, "%ld %lx %lx %lx %lx %lx %lx", &ret->number, &ret->args[0], &ret->args[1],
                  &ret->args[2], &ret->args[3], &ret->args[4], &ret->args[5]) == 1 + ARGS;
}

static void add(struct waited *w, int fd)
{
    if (w->count < DESCRIPTORS_MAX)
        w->fds[w->count++] = fd;
}

static void polled(const struct call *c, struct waited *ret)
{
    struct pollfd set[DESCRIPTORS_MAX];
    size_t count = c->args[1] < DESCRIPTORS_MAX ? (size_t)c->args[1] : DESCRIPTORS_MAX;

    if (!count || !read_memory(c->pid, c->args[0], set, count * sizeof(*set)))
        return;
    for (size_t i = 0; i < count; i++)
        if (set[i].events & POLLIN)
            add(ret, set[i].fd);
}

static void selected(const struct call *c, struct waited *ret)
{
    fd_set set;

    if (!c->args[1] || !read_memory(c->pid, c->args[1], &set, sizeof(set)))
        return;
    for (int fd = 0; fd < FD_SETSIZE && (uint64_t)fd < c->args[0]; fd++)
        if (FD_ISSET(fd, &set))
            add(ret, fd);
}

/* The kernel lists an epoll's descriptors as lines "tfd: N events: HEX …". */
static void epolled(const struct call *c, struct waited *ret)
{
    char path[64], text[FDINFO_BYTES];
    unsigned events;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)c->pid, (int)c->args[0]);
    read_text(path, text, sizeof(text));
    for (const char *at = text; at && (at = strstr(at, "tfd:")); at++)
        if (sscanf(at, "tfd: %d events: %x", &fd, &events) == 2 && (events & EPOLLIN))
            add(ret, fd);
}

/* What a poll-like call waits for; false for all other calls. */
static bool descriptors_of(const struct call *c, struct waited *ret, bool *ret_is_timed)
{
    switch (c->number) {
    case SYS_poll:
    case SYS_ppoll:
        polled(c, ret);
        *ret_is_timed = c->number == SYS_poll ? (int)c->args[2] >= 0 : c->args[2] != 0;
        return true;
    case SYS_select:
    case SYS_pselect6:
        selected(c, ret);
        *ret_is_timed = c->args[4] != 0;
        return true;
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
        epolled(c, ret);
        *ret_is_timed = c->number == SYS_epoll_pwait2 ? c->args[3] != 0 : (int)c->args[3] >= 0;
        return true;
    default:
        return false;
    }
}

void tty_wait_look(pid_t pid, pid_t tid, dev_t terminal, bool with_network, struct tty_wait *ret)
{
    struct waited waited = { .count = 0 };
    bool is_timed = false;
    struct call c;

    *ret = (struct tty_wait){ .kind = TTY_WAIT_NONE };
    if (!read_call(pid, tid, &c))
        return;
    if (c.number == SYS_read || c.number == SYS_readv) {
        ret->kind = is_terminal(pid, (int)c.args[0], terminal) ? TTY_WAIT_READ : TTY_WAIT_NONE;
        return;
    }
    if (!descriptors_of(&c, &waited, &is_timed))
        return;
    for (size_t i = 0; i < waited.count && ret->kind == TTY_WAIT_NONE; i++)
        if (is_terminal(pid, waited.fds[i], terminal))
            ret->kind = TTY_WAIT_POLL;
    if (ret->kind == TTY_WAIT_NONE)
        return;
    ret->is_timed = is_timed;
    for (size_t i = 0; with_network && i < waited.count && !ret->has_network; i++)
        ret->has_network = is_network(pid, waited.fds[i]);
}
