/*
 * guest/hold.c: cgroup.freeze of all groups. The kernel says in cgroup.events when the last process
 * of one is still, so one group after the other is waited for.
 */
#include "guest/hold.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "guest/cgroup.h"
#include "guest/shell.h"
#include "vmm/base/fs.h"

#define CACHE_GROWTH_KIB 16384 /* less is not worth reading it all again */

static struct {
    int events_fd;       /* of a group that is not still yet; -1: none is waited for */
    bool lean;           /* what the disk has too is to be left out */
    uint64_t cached_kib; /* by files when the machine began */
    struct stream stream;
} hold = { .events_fd = -1 };

/* ---- what the disk has too ---- */

static uint64_t cached_kib(void)
{
    scoped_buf text = BUF_INIT(16384);
    const char *at;

    if (!fs_read_file(AT_FDCWD, "/proc/meminfo", &text, NULL) || !text.data)
        return 0;
    at = strstr(text.data, "\nCached:");
    return at ? strtoull(at + strlen("\nCached:"), NULL, 10) : 0;
}

void hold_note_caches(void)
{
    hold.cached_kib = cached_kib();
}

/* What its template has in its cache is no difference from it, until it is dropped. */
static void drop_caches(void)
{
    scoped_close int fd = -1;

    if (cached_kib() < hold.cached_kib + CACHE_GROWTH_KIB)
        return;
    sync();
    fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "3", 1) != 1)
        guest_log("the caches could not be dropped");
}

/* ---- holding ---- */

static void stop_waiting(struct guest *g)
{
    if (hold.events_fd < 0)
        return;
    loop_unwatch(g->loop, hold.events_fd);
    close(take_fd(&hold.events_fd));
}

void hold_release(struct guest *g)
{
    stop_waiting(g);
    if (cgroup_is_frozen())
        cgroup_freeze_all(false);
}

static void fail(struct guest *g, const struct pyro_error *why)
{
    hold_release(g);
    stream_fail(&hold.stream, why);
}

static void wait_for_groups(struct guest *g);

static void hold_on_event(void *arg, uint32_t events UNUSED)
{
    struct guest *g = arg;

    stop_waiting(g);
    wait_for_groups(g);
}

/* Waits for the next group that is not still; answers when there is none. */
static void wait_for_groups(struct guest *g)
{
    struct pyro_error err = { 0 };
    scoped_json json_t *result = NULL;

    if (!cgroup_find_moving(&hold.events_fd, &err) ||
        (hold.events_fd >= 0 &&
         !loop_watch(g->loop, hold.events_fd, EPOLLPRI, hold_on_event, g, &err))) {
        cleanup_close(&hold.events_fd);
        hold.events_fd = -1;
        fail(g, &err);
        return;
    }
    if (hold.events_fd >= 0)
        return;
    if (hold.lean)
        drop_caches();
    result = json_pack("{s:o}", "shells", shell_ends(g));
    stream_close(&hold.stream, result);
}

/* Before the answer: the host gave up, or is gone. */
static void hold_on_closed(struct stream *s, const json_t *result UNUSED,
                           const struct pyro_error *err UNUSED)
{
    hold_release(s->arg);
}

bool hold_op_hold(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err)
{
    static const struct stream_ops ops = { .closed = hold_on_closed };

    if (hold.stream.link)
        return pyro_fail(err, PYRO_GUEST_ERROR, "the machine is being held already");
    if (!stream_accept(g->link, id, &hold.stream, &ops, g, err))
        return false;
    hold.lean = json_bool_or(request, "lean", false);
    if (hold.lean)
        sync(); /* most of it while everything still runs */
    cgroup_freeze_all(true);
    wait_for_groups(g);
    return true;
}

bool hold_op_release(struct guest *g, const json_t *request UNUSED, json_t **ret UNUSED,
                     struct pyro_error *err UNUSED)
{
    hold_release(g);
    return true;
}
