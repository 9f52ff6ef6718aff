/* engine/state/file_watch.c: an inotify descriptor and its pauses. */
#include "engine/state/file_watch.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#define PAUSE_MS 20

struct file_watch {
    struct loop *loop;
    loop_call_fn *fn;
    void *arg;
    int fd;
    struct loop_pause pause;
};

static void file_watch_on_events(void *arg, uint32_t events UNUSED)
{
    struct file_watch *watch = arg;
    char bytes[4096];

    while (read(watch->fd, bytes, sizeof(bytes)) > 0)
        ;
    loop_pause(watch->loop, &watch->pause, watch->fd, EPOLLIN, PAUSE_MS);
    watch->fn(watch->arg);
}

struct file_watch *file_watch_new(struct loop *loop, loop_call_fn *fn, void *arg,
                                  struct pyro_error *err)
{
    struct file_watch *watch = calloc(1, sizeof(*watch));

    BUG_ON(!watch);
    *watch = (struct file_watch){ .loop = loop, .fn = fn, .arg = arg };
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd < 0)
        pyro_fail_errno(err, "watch files");
    else if (loop_watch(loop, watch->fd, EPOLLIN, file_watch_on_events, watch, err))
        return watch;
    file_watch_free(watch);
    return NULL;
}

void file_watch_free(struct file_watch *watch)
{
    if (!watch)
        return;
    loop_timer_cancel(watch->loop, &watch->pause.timer);
    if (watch->fd >= 0) {
        loop_unwatch(watch->loop, watch->fd);
        close(watch->fd);
    }
    free(watch);
}

bool file_watch_add(struct file_watch *watch, const char *path, uint32_t mask)
{
    return inotify_add_watch(watch->fd, path, mask) >= 0;
}
