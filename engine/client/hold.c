/*
 * engine/client/hold.c: a held layer, as a stream to the supervisor that stays open as long; or, of
 * a stopped workspace, as its lock.
 */
#include "engine/client/hold.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "engine/client/connect.h"
#include "engine/client/stopped.h"
#include "engine/state/memory_files.h"
#include "vmm/base/fs.h"
#include "vmm/base/sock.h"

#define OPEN_MS 200000 /* beyond the time the supervisor gives the guest */
#define RETRY_MS 30000 /* while a snapshot is being made */

struct disk_hold {
    struct link *link;
    struct stream stream;
    struct loop_timer timer;
    int lock_fd;
    uint32_t layer, memory; /* the number of a captured machine; 0: none */
    bool told, frozen;
    struct pyro_error why;
};

static void hold_on_message(struct stream *s, const json_t *message)
{
    struct disk_hold *h = s->arg;

    h->layer = (uint32_t)json_int_or(message, "layer", 0);
    h->memory = (uint32_t)json_int_or(message, "memory", 0);
    h->frozen = json_bool_or(message, "frozen", false);
    h->told = true;
    loop_stop(link_loop(h->link));
}

static void hold_on_closed(struct stream *s, const json_t *result, const struct pyro_error *why)
{
    struct disk_hold *h = s->arg;

    if (!result)
        h->why = *why;
    else if (error_from_result(result, &h->why))
        pyro_fail(&h->why, PYRO_GUEST_LOST, "the supervisor released the disk");
    loop_stop(link_loop(h->link));
}

static void hold_on_late(void *arg)
{
    struct disk_hold *h = arg;

    pyro_fail(&h->why, PYRO_TIMEOUT, "the supervisor does not answer");
    loop_stop(link_loop(h->link));
}

static bool ask(struct disk_hold *h, const struct workspace_handle *o, bool memory,
                struct pyro_error *err)
{
    static const struct stream_ops ops = { .message = hold_on_message, .closed = hold_on_closed };
    scoped_json json_t *request =
        json_pack("{s:s, s:s}", "op", memory ? "memory" : "disk", "do", "hold");

    h->link = supervisor_link(o, MACHINE_AS_IT_IS, NULL, NULL, err);
    if (!h->link || !stream_open(h->link, &h->stream, request, &ops, h, err))
        return false;
    loop_timer_set(link_loop(h->link), &h->timer, OPEN_MS, hold_on_late, h);
    loop_run(link_loop(h->link));
    loop_timer_cancel(link_loop(h->link), &h->timer);
    if (!h->told)
        pyro_copy(err, &h->why);
    return h->told;
}

static bool hold_stopped(struct disk_hold *h, const struct workspace_handle *o,
                         enum disk_hold_use use, struct pyro_error *err)
{
    scoped_record struct workspace_record r = { 0 };

    h->lock_fd = workspace_lock_stopped(o, err);
    if (h->lock_fd < 0 || !record_load(o->dir_fd, o->id, &r, err))
        return false;
    if (use == DISK_HOLD_SHARES && !workspace_check_unsuspended(o, r.state, err))
        return false;
    h->layer = r.disk.active;
    h->frozen = true;
    return r.state != WORKSPACE_STARTED ||
           pyro_fail(err, PYRO_WORKSPACE_BUSY, "workspace '%s' is being started", o->id);
}

static bool fail_stopped(const struct workspace_handle *o, struct pyro_error *err)
{
    pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' does not run: it has no memory", o->id);
    return pyro_hint(err, "start it first");
}

static struct disk_hold *try_open(const struct workspace_handle *o, enum disk_hold_use use,
                                  bool memory, struct pyro_error *err)
{
    struct disk_hold *h = calloc(1, sizeof(*h));

    BUG_ON(!h);
    h->lock_fd = -1;
    if (workspace_recover(o, err) &&
        (record_state(o->dir_fd, o->id) == WORKSPACE_STARTED ? ask(h, o, memory, err)
         : memory                                            ? fail_stopped(o, err)
                                                             : hold_stopped(h, o, use, err)))
        return h;
    disk_hold_close(h);
    return NULL;
}

static struct disk_hold *open_hold(const struct workspace_handle *o, enum disk_hold_use use,
                                   bool memory, struct pyro_error *err)
{
    int64_t until_ms = clock_ms() + RETRY_MS;
    struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
    struct disk_hold *h;
    struct pyro_error why = { 0 };

    while (!(h = try_open(o, use, memory, &why)) && why.code == PYRO_WORKSPACE_BUSY &&
           clock_ms() < until_ms)
        nanosleep(&pause, NULL);
    if (!h)
        pyro_copy(err, &why);
    return h;
}

struct disk_hold *disk_hold_open(const struct workspace_handle *o, enum disk_hold_use use,
                                 struct pyro_error *err)
{
    return open_hold(o, use, false, err);
}

struct disk_hold *disk_hold_open_memory(const struct workspace_handle *o, struct pyro_error *err)
{
    return open_hold(o, DISK_HOLD_SHARES, true, err);
}

int disk_hold_memory(const struct disk_hold *hold, const struct workspace_handle *o,
                     struct pyro_error *err)
{
    char path[32];

    memory_capture_path(hold->memory, path);
    return fs_open_dir(o->dir_fd, path, err);
}

pid_t disk_hold_pid(const struct disk_hold *hold)
{
    return hold->link ? sock_peer_pid(link_fd(hold->link)) : 0;
}

uint32_t disk_hold_layer(const struct disk_hold *hold)
{
    return hold->layer;
}

bool disk_hold_is_running(const struct disk_hold *hold)
{
    return hold->link != NULL;
}

bool disk_hold_is_frozen(const struct disk_hold *hold)
{
    return hold->frozen;
}

bool disk_hold_lasts(const struct disk_hold *hold)
{
    char byte;

    /* The supervisor has nothing to say until it ends the hold. */
    return !hold->link ||
           (recv(link_fd(hold->link), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN);
}

void disk_hold_close(struct disk_hold *hold)
{
    if (!hold)
        return;
    supervisor_unlink(hold->link);
    cleanup_close(&hold->lock_fd);
    free(hold);
}
