/*
 * guest/disconnect.c: connections, found by connections.h, taken from the processes that have them, and
 * disconnected.
 *
 * The kernel's own way (SOCK_DESTROY of sock_diag(7)) needs a module that Debian's kernel does not
 * have built in. A kernel may refuse to disconnect a socket that a thread waits for: its connection
 * is then made to time out in a second, which is an error too, as shutdown(2) would not be: the end
 * of a file may be taken for the end of the data.
 */
#include "guest/disconnect.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest/connections.h"
#include "guest/guest.h"
#include "vmm/base/fs.h"

#define GIVE_UP_MS 1000

static void end_connection(int fd)
{
    const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
    const int on = 1, give_up_ms = GIVE_UP_MS;

    if (connect(fd, &nobody, sizeof(nobody)) == 0)
        return;
    if (setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &give_up_ms, sizeof(give_up_ms)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &on, sizeof(on)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &on, sizeof(on)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &on, sizeof(on)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) != 0)
        guest_log("end a connection: errno %d", errno);
}

static bool is_one_of(const struct connections *s, const char *link)
{
    unsigned long inode;

    if (sscanf(link, "socket:[%lu]", &inode) != 1)
        return false;
    for (size_t i = 0; i < s->count; i++)
        if (s->inodes[i] == inode)
            return true;
    return false;
}

/* Ends those that a process has open. */
static void end_those_of(pid_t pid, const struct connections *s)
{
    scoped_close int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    scoped_dir DIR *dir = NULL;
    struct dirent *entry;
    char path[64], link[64];

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    dir = pidfd < 0 ? NULL : opendir(path);
    while (dir && (entry = readdir(dir))) {
        ssize_t n = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);
        scoped_close int fd = -1;
        link[n > 0 ? n : 0] = '\0';
        if (!is_one_of(s, link))
            continue;
        fd = (int)syscall(SYS_pidfd_getfd, pidfd, strtol(entry->d_name, NULL, 10), 0);
        if (fd >= 0)
            end_connection(fd);
    }
}

void disconnect_all(void)
{
    static struct connections
        found; /* too large for a stack; more than that time out by themselves */
    scoped_dir DIR *proc = NULL;
    struct dirent *entry;

    connections_find(&found);
    proc = found.count ? opendir("/proc") : NULL;
    while (proc && (entry = readdir(proc))) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0)
            end_those_of(pid, &found);
    }
}
