/* vmm/find.c: finding a QEMU by its command line. */
#include "vmm/find.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "vmm/base/buf.h"
#include "vmm/base/fs.h"
#include "vmm/base/sock.h"
#include "vmm/launch.h"

#define COMMAND_LINE_MAX 65536
#define LEFTOVER_TRIES 60 /* two connections each: fewer than the sockets queue */

/* Whether the NUL-separated arguments hold "-name" followed by exactly this value. */
static bool has_name(const struct buf *arguments, const char *value)
{
    static const char flag[] = "-name";
    const char *at = arguments->data, *end = at + arguments->len;
    bool named = false;

    while (at && at < end) {
        size_t n = strnlen(at, (size_t)(end - at));
        if (named && n == strlen(value) && !memcmp(at, value, n))
            return true;
        named = n == strlen(flag) && !memcmp(at, flag, n);
        at += n + 1;
    }
    return false;
}

pid_t vm_find_by_name(const char *name)
{
    scoped_dir DIR *proc = opendir("/proc");
    scoped_free char *value = str_printf("pyro-%s", name);
    struct dirent *entry;

    while (proc && (entry = readdir(proc))) {
        scoped_buf arguments = BUF_INIT(COMMAND_LINE_MAX);
        char path[64];
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
        if (fs_read_file(AT_FDCWD, path, &arguments, NULL) && has_name(&arguments, value) &&
            kill(pid, 0) == 0)
            return pid;
    }
    return 0;
}

void vm_kill_by_name(const char *name)
{
    pid_t pid = vm_find_by_name(name);
    scoped_close int pidfd = pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    struct pollfd p = { .fd = pidfd, .events = POLLIN };

    /* Looked at again through the pidfd: the pid may have passed on in between. */
    if (pidfd < 0 || vm_find_by_name(name) != pid)
        return;
    syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    poll(&p, 1, 1000);
}

/* The listening ends are QEMU's from before its exec on: while a connection is taken, it lives. */
static bool is_listening(int dirfd)
{
    int fd = sock_connect_at(dirfd, "run/" VM_SOCKET_QMP, NULL);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

void vm_kill_leftover(int dirfd, const char *name)
{
    struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };

    for (int i = 0; i < LEFTOVER_TRIES && is_listening(dirfd); i++) {
        vm_kill_by_name(name);
        if (is_listening(dirfd))
            nanosleep(&pause, NULL); /* until execve(2) is through; there is no event for that */
    }
}
