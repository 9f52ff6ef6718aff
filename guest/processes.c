/* guest/processes.c: from cgroup.procs or task/TID/children, and /proc/PID/stat. */
#include "guest/processes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define PIDS_BYTES 8192
#define DEPTH_MAX 16

/* As the kernel packs a device's number for user space. */
static dev_t device_of(unsigned packed)
{
    return makedev((packed >> 8) & 0xfff, (packed & 0xff) | ((packed >> 12) & 0xfff00));
}

/* The numbers in a file, at most `max`. */
static size_t read_pids(int dir_fd, const char *file, pid_t *ret, size_t max)
{
    scoped_close int fd = openat(dir_fd, file, O_RDONLY | O_CLOEXEC);
    char text[PIDS_BYTES], *at = text, *end;
    ssize_t n = fd < 0 ? 0 : fs_read_full(fd, text, sizeof(text) - 1);
    size_t count = 0;

    text[n > 0 ? n : 0] = '\0';
    for (; count < max; at = end) {
        long pid = strtol(at, &end, 10);
        if (end == at || !*end) /* the last one, if it was cut, has no end */
            break;
        ret[count++] = (pid_t)pid;
    }
    return count;
}

static size_t descendants(pid_t shell, pid_t *ret, size_t max)
{
    size_t count = 1;

    ret[0] = shell;
    for (size_t i = 0; i < count; i++) {
        char path[64];
        snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)ret[i], (int)ret[i]);
        count += read_pids(AT_FDCWD, path, ret + count, max - count);
    }
    return count;
}

static bool read_process(pid_t pid, struct process *ret)
{
    char text[1024], state, *at;
    unsigned terminal, threads;
    int parent, group, foreground;

    if (!proc_read_file(pid, "stat", text, sizeof(text)))
        return false;
    at = strrchr(text, ')'); /* the command's name may hold anything, even a ')' */
    if (!at || sscanf(at + 1, " %c %d %d %*d %u %d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %u",
                      &state, &parent, &group, &terminal, &foreground, &threads) != 6)
        return false;
    *ret = (struct process){ .pid = pid,
                             .parent = parent,
                             .group = group,
                             .terminal = device_of(terminal),
                             .foreground = foreground,
                             .is_stopped = state == 'T' || state == 't',
                             .threads = threads };
    return true;
}

void processes_of(const struct cgroup *c, pid_t shell, struct processes *ret)
{
    pid_t pids[PROCESSES_MAX];
    size_t count = c ? read_pids(c->fd, "cgroup.procs", pids, PROCESSES_MAX)
                     : descendants(shell, pids, PROCESSES_MAX);

    ret->count = 0;
    for (size_t i = 0; i < count; i++)
        if (read_process(pids[i], &ret->list[ret->count]))
            ret->count++;
}

bool processes_descends(const struct processes *p, const struct process *one, pid_t ancestor)
{
    pid_t at = one->parent;

    for (unsigned depth = 0; at && at != ancestor && depth < DEPTH_MAX; depth++) {
        size_t i = 0;
        while (i < p->count && p->list[i].pid != at)
            i++;
        at = i < p->count ? p->list[i].parent : 0;
    }
    return at == ancestor;
}
