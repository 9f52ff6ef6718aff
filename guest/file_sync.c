/*
 * guest/file_sync.c: io_submit(2) with IOCB_CMD_FSYNC, its completions reported by an eventfd. One
 * context serves all; the kernel keeps the files open for itself until it is done with them.
 */
#include "guest/file_sync.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#define CONTEXT_EVENTS 256

struct file_sync {
    struct guest *g;
    unsigned pending;
    int error;
    file_sync_done_fn *done; /* NULL: abandoned */
    void *arg;
    struct loop_deferred call;
};

static struct {
    aio_context_t context;
    int event_fd;
    bool tried, usable;
} aio = { .event_fd = -1 };

static void file_sync_finish(void *arg)
{
    struct file_sync *s = arg;

    if (s->done)
        s->done(s->arg, s->error);
    free(s);
}

static void finish_later(struct file_sync *s)
{
    loop_defer(s->g->loop, &s->call, file_sync_finish, s);
}

static void file_sync_on_event(void *arg UNUSED, uint32_t events UNUSED)
{
    struct io_event done[32];
    uint64_t count;
    long n;

    if (read(aio.event_fd, &count, sizeof(count)) < 0)
        return;
    while ((n = syscall(SYS_io_getevents, aio.context, 0, ARRAY_SIZE(done), done, NULL)) > 0) {
        for (long i = 0; i < n; i++) {
            struct file_sync *s = (struct file_sync *)(uintptr_t)done[i].data;
            if (done[i].res < 0)
                s->error = (int)-done[i].res;
            if (--s->pending == 0)
                finish_later(s);
        }
    }
}

static bool set_up(struct guest *g)
{
    if (aio.tried)
        return aio.usable;
    aio.tried = true;
    if (syscall(SYS_io_setup, CONTEXT_EVENTS, &aio.context) != 0)
        return false;
    aio.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    aio.usable = aio.event_fd >= 0 &&
                 loop_watch(g->loop, aio.event_fd, EPOLLIN, file_sync_on_event, NULL, NULL);
    return aio.usable;
}

static bool submit(struct file_sync *s, int fd)
{
    struct iocb request = { .aio_lio_opcode = IOCB_CMD_FSYNC,
                            .aio_fildes = (uint32_t)fd,
                            .aio_data = (uintptr_t)s,
                            .aio_flags = IOCB_FLAG_RESFD,
                            .aio_resfd = (uint32_t)aio.event_fd };
    struct iocb *list[] = { &request };

    return syscall(SYS_io_submit, aio.context, 1, list) == 1;
}

struct file_sync *file_sync_start(struct guest *g, const int *fds, unsigned count,
                                  file_sync_done_fn *done, void *arg)
{
    struct file_sync *s = calloc(1, sizeof(*s));
    bool usable = set_up(g);

    if (!s)
        return NULL;
    *s = (struct file_sync){ .g = g, .done = done, .arg = arg };
    for (unsigned i = 0; i < count; i++) {
        if (usable && submit(s, fds[i]))
            s->pending++;
        else if (fsync(fds[i]) != 0)
            s->error = errno;
    }
    if (!s->pending)
        finish_later(s);
    return s;
}

void file_sync_abandon(struct file_sync *s)
{
    if (s)
        s->done = NULL;
}
