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
#include "vmm/base/confine.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"
#include "vmm/base/sock.h"
#include "vmm/launch.h"

#define COMMAND_LINE_MAX 65536
#define KILL_MS 1000
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

/* Anyone can choose a command line: only the user that pyro starts QEMU as is believed. */
static bool is_qemu_user(pid_t pid)
{
    uid_t uid = proc_user(pid);

    return uid == geteuid() || (geteuid() == 0 && uid == CONFINE_NOBODY);
}

void vm_kill_by_name(const char *name)
{
    scoped_dir DIR *proc = opendir("/proc");
    scoped_free char *value = str_printf("pyro-%s", name);
    struct dirent *entry;

    while (proc && (entry = readdir(proc))) {
        scoped_buf arguments = BUF_INIT(COMMAND_LINE_MAX);
        scoped_close int pidfd = -1;
        char path[64];
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        pidfd = (int)syscall(SYS_pidfd_open, pid, 0); /* if it is gone by then, of no process */
        snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
        if (pidfd >= 0 && fs_read_file(AT_FDCWD, path, &arguments, NULL) &&
            has_name(&arguments, value) && is_qemu_user(pid) && proc_signal_fd(pidfd, SIGKILL))
            poll(&(struct pollfd){ .fd = pidfd, .events = POLLIN }, 1, KILL_MS);
    }
}

/* QEMU has the listening ends from before its exec: while connections are taken, it lives. */
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
            nanosleep(&pause, NULL); /* until execve(2) is done; there is no event for that */
    }
}
