/* engine/client/lookout.c: waiting for changes of a workspace's files. */
#include "engine/client/lookout.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "engine/client/connect.h"
#include "vmm/base/fs.h"

#define LOOK_MS 1000

bool lookout_open(struct lookout *l, struct pyro_error *err)
{
    l->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    return l->fd >= 0 || pyro_fail_errno(err, "watch workspace '%s'", l->workspace->id);
}

void lookout_close(struct lookout *l)
{
    cleanup_close(&l->fd);
}

bool lookout_add(const struct lookout *l, const char *name, uint32_t events, struct pyro_error *err)
{
    char path[96];

    snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", l->workspace->dir_fd, name);
    return inotify_add_watch(l->fd, path, events) >= 0 || errno == ENOENT ||
           pyro_fail_errno(err, "watch workspace '%s'", l->workspace->id);
}

void lookout_sleep(const struct lookout *l, int64_t at)
{
    struct pollfd p = { .fd = l->fd, .events = POLLIN };
    int64_t left = at - clock_ms();
    char events[4096];

    left = left < LOOK_MS ? left : LOOK_MS;
    if (poll(&p, 1, left > 0 ? (int)left : 0) > 0)
        while (read(l->fd, events, sizeof(events)) > 0)
            ;
    else if (!store_is_held(l->workspace->dir_fd) && !workspace_recover(l->workspace, NULL))
        return; /* the next look tries again */
}
