/* engine/supervisor/memory_ops.c: one capture, from its request to its answer. */
#include "engine/supervisor/memory_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/state/memory_files.h"
#include "engine/state/paths.h"
#include "engine/supervisor/clients.h"
#include "engine/supervisor/disk_fds.h"
#include "engine/supervisor/disk_hold.h"
#include "engine/supervisor/disk_merge.h"
#include "engine/supervisor/disk_push.h"
#include "engine/supervisor/ending.h"
#include "engine/supervisor/kept_history.h"
#include "engine/supervisor/machine.h"
#include "engine/supervisor/suspend.h"
#include "engine/supervisor/workspace_ops.h"
#include "vmm/base/check_step.h"
#include "vmm/base/fs.h"
#include "vmm/base/offload.h"
#include "vmm/base/patience.h"
#include "vmm/capture.h"
#include "vmm/saved.h"

#define QMP_MS 10000
#define PREPARE_MS 60000 /* the disk flushed, room made */
#define HOLD_MS 10000    /* the guest's processes still: one may wait for its disk */
#define COPY_MS 20000    /* of the memory, while the machine is stopped */
#define PLACE_MAX (sizeof(MEMORY_DIR "/") + SNAPSHOT_NAME_MAX)

struct memory_op {
    struct supervisor *supervisor;
    struct link *client; /* NULL: gone */
    uint32_t id;
    struct disk_holder *holder;       /* instead of a client; NULL: gone */
    bool unasked;                     /* nobody asked for it: it is given up for any client */
    bool holds;                       /* it is for one */
    bool suspends;                    /* the machine is to end … */
    char name[SNAPSHOT_NAME_MAX + 1]; /* … else to be kept under this name; "": for a holder */
    char *templates_dir;
    json_t *machine;
    uint32_t below, above;
    bool pushed;            /* the new layer is listed … */
    bool switched;          /* … and QEMU writes to it … */
    bool frozen;            /* … and can no longer write to the one below */
    bool stopped;           /* the machine stands still, held */
    bool busy;              /* QEMU is being asked: do not free now … */
    struct pyro_error doom; /* … but fail with this after it */
    struct offload *work;
    struct capture *capture;
    bool watched; /* capture_fd() is */
    struct stream hold;
    struct loop_timer deadline;
    struct buf state;
    char upper[RAM_UPPER_HEX + 1]; /* for a holder: what was captured, by its name … */
    int upper_fd;                  /* … held until the holder does; else -1 */
    int64_t pause_us;
};

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- the end ---- */

static bool ask(struct supervisor *s, const char *command, struct pyro_error *err)
{
    if (!s->vm.qmp)
        return pyro_fail(err, PYRO_VM_FAILED, "QEMU does not answer");
    return qmp_command(s->vm.qmp, command, NULL, clock_ms() + QMP_MS, NULL, err);
}

/* An older guest program does not know the request, and holds nothing. */
static void memory_ops_on_released(struct stream *stream UNUSED, const json_t *result UNUSED,
                                   const struct pyro_error *why UNUSED)
{
}

static void release_guest(struct supervisor *s)
{
    static const struct stream_ops ops = { .closed = memory_ops_on_released };
    scoped_json json_t *request = json_pack("{s:s}", "op", "release");

    if (!s->guest || !link_is_ready(s->guest) || s->released.link)
        return;
    (void)!stream_open(s->guest, &s->released, request, &ops, s, NULL);
}

static void unwatch(struct memory_op *op)
{
    if (op->watched)
        loop_unwatch(op->supervisor->loop, capture_fd(op->capture));
    op->watched = false;
}

static void op_free(struct memory_op *op)
{
    struct supervisor *s = op->supervisor;

    if (s->clients_paused)
        clients_pause(s, false);
    loop_timer_cancel(s->loop, &op->deadline);
    unwatch(op);
    offload_cancel(op->work);
    capture_free(op->capture);
    stream_close(&op->hold, NULL);
    buf_release(&op->state);
    cleanup_close(&op->upper_fd);
    json_decref(op->machine);
    free(op->templates_dir);
    if (op->holder)
        op->holder->place = NULL;
    s->memory_op = NULL;
    free(op);
    memory_sweep(s->dir_fd, &s->record.disk);
    disk_merge_maybe(s);
}

/* A machine that is stopped goes on. */
static bool go_on(struct memory_op *op, struct pyro_error *err)
{
    bool ok = ask(op->supervisor, "cont", err);

    op->stopped = false;
    release_guest(op->supervisor);
    return ok;
}

static void fail(struct memory_op *op, const struct pyro_error *why)
{
    struct supervisor *s = op->supervisor;
    struct pyro_error err = *why;
    bool suspends = op->suspends;

    if (op->stopped)
        (void)!go_on(op, NULL);
    ending_explain(s, &err);
    if (op->client)
        stream_refuse(op->client, op->id, &err);
    if (op->holder) {
        stream_fail(&op->holder->stream, &err);
        disk_holder_free(op->holder);
    }
    if (op->pushed && !op->switched)
        disk_push_undo(s, op->below, op->above);
    op_free(op);
    /* What was written takes room, perhaps on a full disk, and is the guest's memory. */
    if (suspends)
        memory_forget_suspended(s->dir_fd);
}

/* Where it is kept, into ret[PLACE_MAX]. */
static void place_of(const struct memory_op *op, char *ret)
{
    if (op->name[0])
        snprintf(ret, PLACE_MAX, MEMORY_DIR "/%s", op->name);
    else
        memory_capture_path(op->supervisor->capture_number, ret);
}

static void tell(struct memory_op *op, json_t *result)
{
    if (op->client) {
        stream_reply(op->client, op->id, json_incref(result));
    } else if (op->holder) {
        op->holder->memory = op->supervisor->capture_number;
        op->holder->upper_fd = take_fd(&op->upper_fd);
        json_object_set_new(result, "memory", json_integer(op->holder->memory));
        json_object_set_new(result, "layer", json_integer(op->below));
        json_object_set_new(result, "frozen", json_boolean(op->frozen));
        stream_message(&op->holder->stream, result);
    } else if (!op->name[0]) {
        memory_remove_capture(op->supervisor->dir_fd, op->supervisor->capture_number);
    }
}

static void succeed(struct memory_op *op)
{
    struct supervisor *s = op->supervisor;
    scoped_close int dir = -1;
    scoped_json json_t *result = NULL;
    char place[PLACE_MAX];

    check_step("snapshot-named");
    place_of(op, place);
    dir = fs_open_dir(s->dir_fd, place, NULL);
    result = json_pack("{s:I, s:I}", "pause_us", (json_int_t)op->pause_us, "memory_bytes",
                       (json_int_t)saved_bytes(dir));
    if (op->name[0])
        supervisor_note(s, TIMELINE_ENTRY(TIMELINE_SNAPSHOT, .id = op->name, .state = "created"));
    tell(op, result);
    op_free(op);
}

/* ---- written down ---- */

/* In a child, which has the machine's records and the sizes of its logs as of the pause. */
static bool memory_ops_write(void *arg, struct pyro_error *err)
{
    struct memory_op *op = arg;
    struct supervisor *s = op->supervisor;
    struct captured captured = capture_result(op->capture);
    scoped_json json_t *members = NULL;
    scoped_close int dir = -1;

    if (op->suspends)
        return suspend_write(s, op->templates_dir, op->machine, &captured, &op->state, err);
    if ((mkdirat(s->dir_fd, MEMORY_DIR, 0700) != 0 && errno != EEXIST) ||
        mkdirat(s->dir_fd, MEMORY_DIR_NEW, 0700) != 0)
        return pyro_fail_errno(err, "create '" MEMORY_DIR_NEW "'");
    members =
        json_pack("{s:I, s:O*, s:I}", "layer", (json_int_t)op->below, "last_command",
                  s->record.last_command, "command_count", (json_int_t)s->record.command_count);
    if ((dir = fs_open_dir(s->dir_fd, MEMORY_DIR_NEW, err)) < 0 ||
        !kept_history_write(s, dir, err) || (op->name[0] && !memory_sync(dir, err)))
        return false;
    check_step("snapshot-writing");
    if (!op->name[0])
        return saved_write_upper(dir, op->templates_dir, op->machine, op->upper, &op->state,
                                 members, err);
    return saved_write(dir, op->templates_dir, op->machine, &captured, &op->state, members, err);
}

/* For a holder, or as a snapshot's before the record has that. */
static bool move_into_place(struct memory_op *op, struct pyro_error *err)
{
    struct supervisor *s = op->supervisor;
    scoped_close int dir = fs_open_dir(s->dir_fd, MEMORY_DIR, err);
    char place[PLACE_MAX];

    if (dir < 0)
        return false;
    if (!op->name[0]) {
        s->capture_number++;
        mkdirat(s->dir_fd, MEMORY_CAPTURES, 0700);
    }
    place_of(op, place);
    return (renameat(s->dir_fd, MEMORY_DIR_NEW, s->dir_fd, place) == 0 &&
            (!op->name[0] || fsync(dir) == 0)) ||
           pyro_fail_errno(err, "keep the machine's memory");
}

static bool put_in_place(struct memory_op *op, struct pyro_error *err)
{
    struct supervisor *s = op->supervisor;
    struct disk_layers *l = &s->record.disk;

    check_step("snapshot-written");
    if (!move_into_place(op, err))
        return false;
    check_step("snapshot-renamed");
    if (!op->name[0])
        return true;
    disk_layers_name(l, op->name, op->below, clock_wall());
    disk_layers_find(l, op->name)->memory = true;
    s->record.last_activity_at = clock_wall();
    if (record_save(s->dir_fd, &s->record, true, err))
        return true;
    (void)!disk_layers_unname(l, op->name, NULL);
    return false;
}

/* Whether nothing has come up meanwhile that prevents it; if nobody asked for it, a client does. */
static bool may_suspend(const struct memory_op *op, struct pyro_error *err)
{
    struct supervisor *s = op->supervisor;

    return suspend_check(s, err) && (!op->unasked || !clients_are_present(s) ||
                                     pyro_fail(err, PYRO_WORKSPACE_BUSY, "a client has come"));
}

/* Nobody asks a machine that has ended: the client hears of it from the end. */
static void suspend(struct memory_op *op)
{
    struct supervisor *s = op->supervisor;
    struct pyro_error err = { 0 };

    clients_shut(s); /* a client that connects from here on wakes it */
    if (!may_suspend(op, &err) || !suspend_commit(s, &err)) {
        clients_open(s);
        fail(op, &err);
        return;
    }
    if (op->client)
        workspace_ops_await_end(s, op->client, op->id);
    op_free(op);
}

static void memory_ops_on_written(void *arg, const struct pyro_error *why)
{
    struct memory_op *op = arg;
    struct pyro_error err = { 0 };

    op->work = NULL;
    if (why)
        fail(op, why);
    else if (op->suspends)
        suspend(op);
    else if (!put_in_place(op, &err))
        fail(op, &err);
    else
        succeed(op);
}

/* ---- the pause ---- */

/* The machine is stopped; all of it at one instant. */
static bool take_all(struct memory_op *op, struct pyro_error *err)
{
    struct supervisor *s = op->supervisor;

    check_step("snapshot-stopped");
    if (!op->suspends)
        op->switched = disk_push_switch(s, op->below, op->above, err);
    check_step("snapshot-switched");
    if (!(op->switched || op->suspends) ||
        !device_state_save(s->vm.qmp, clock_ms() + QMP_MS, &op->state, err))
        return false;
    check_step("snapshot-saved");
    return capture_take(op->capture, patience_until(COPY_MS), err);
}

static bool pause_and_take(struct memory_op *op, struct pyro_error *err)
{
    struct supervisor *s = op->supervisor;
    int64_t began_us = now_us();
    bool ok = (!op->suspends || may_suspend(op, err)) && ask(s, "stop", err) && take_all(op, err);

    check_step("snapshot-copied");
    /* However it went: the machine goes on; unless it is to end. */
    op->stopped = true;
    if (ok && op->suspends)
        return true;
    if (!go_on(op, ok ? err : NULL))
        ok = false;
    op->pause_us = now_us() - began_us;
    return ok;
}

static void memory_ops_on_held(struct stream *stream, const json_t *result,
                               const struct pyro_error *why)
{
    struct memory_op *op = stream->arg;
    struct supervisor *s = op->supervisor;
    struct pyro_error err = { 0 };
    bool ok = false;

    loop_timer_cancel(s->loop, &op->deadline);
    if (!result)
        err = *why;
    else if (error_from_result(result, &err)) {
        op->busy = true;
        check_step("snapshot-held");
        ok = pause_and_take(op, &err);
        check_step("snapshot-going");
        if (!op->stopped)
            clients_pause(s, false);
        if (op->switched)
            op->frozen = disk_fds_take_back(s);
        op->busy = false;
    }
    if (ok && op->holds)
        ok = (op->upper_fd = capture_seal(op->capture, op->upper, &err)) >= 0;
    if (ok && !op->doom.code) {
        op->work = offload_start(s->loop, memory_ops_write, memory_ops_on_written, op, &err);
        ok = op->work != NULL;
    }
    if (!ok || op->doom.code)
        fail(op, op->doom.code ? &op->doom : &err);
}

/* ---- preparations ---- */

static void memory_ops_on_late(void *arg)
{
    struct memory_op *op = arg;
    struct pyro_error err = { 0 };

    if (op->hold.link)
        pyro_fail(&err, PYRO_TIMEOUT, "the guest's processes could not be held still in time");
    else
        pyro_fail(&err, PYRO_TIMEOUT, "the machine could not be prepared for its capture in time");
    fail(op, &err);
}

static bool hold_guest(struct memory_op *op, struct pyro_error *err)
{
    static const struct stream_ops ops = { .closed = memory_ops_on_held };
    struct supervisor *s = op->supervisor;
    scoped_json json_t *request = json_pack("{s:s, s:b}", "op", "hold", "lean", op->suspends);

    if (!supervisor_check_serving(s, err))
        return false;
    clients_pause(s, true); /* nothing can be started in a guest that is held */
    loop_timer_set(s->loop, &op->deadline, patience(HOLD_MS), memory_ops_on_late, op);
    return stream_open(s->guest, &op->hold, request, &ops, op, err);
}

static void memory_ops_on_prepared(void *arg, uint32_t events UNUSED)
{
    struct memory_op *op = arg;
    struct pyro_error err = { 0 };
    bool done = false;

    if (!capture_prepared(op->capture, &done, &err)) {
        fail(op, &err);
        return;
    }
    if (!done)
        return;
    unwatch(op);
    if (!hold_guest(op, &err))
        fail(op, &err);
}

static bool memory_ops_flush(void *arg, struct pyro_error *err)
{
    struct memory_op *op = arg;
    scoped_close int fd = -1;
    char file[32];

    disk_layer_file(op->below, file);
    fd = openat(op->supervisor->dir_fd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return (fd >= 0 && fdatasync(fd) == 0) || pyro_fail_errno(err, "write out the disk");
}

/* What QEMU's stop has to flush is little now. */
static void memory_ops_on_flushed(void *arg, const struct pyro_error *why)
{
    struct memory_op *op = arg;
    struct supervisor *s = op->supervisor;
    struct pyro_error err = { 0 };

    op->work = NULL;
    if (why) {
        fail(op, why);
        return;
    }
    op->capture = capture_new(s->vm.pid, s->vm.ram_fd, op->holds, &err);
    op->watched = op->capture && loop_watch(s->loop, capture_fd(op->capture), EPOLLIN,
                                            memory_ops_on_prepared, op, &err);
    if (!op->watched)
        fail(op, &err);
}

/* The memory that QEMU maps; a supervisor that took it over takes it back from QEMU. */
static bool find_memory(struct memory_op *op, struct pyro_error *err)
{
    struct supervisor *s = op->supervisor;
    struct ram_identity ram;

    op->machine = machine_description(s);
    if (!op->machine || !saved_ram(op->machine, &ram)) {
        pyro_fail(err, PYRO_SNAPSHOT_STATE, "the machine was started by another version of pyro");
        return pyro_hint(err, "stop and start the workspace first");
    }
    if (s->vm.ram_fd < 0)
        s->vm.ram_fd = ram_take_from(s->vm.pid, &ram);
    if (s->vm.ram_fd < 0)
        return pyro_fail(err, PYRO_VM_FAILED, "QEMU does not have its template's memory");
    return device_state_is_possible(s->vm.qmp, clock_ms() + QMP_MS) ||
           pyro_fail(err, PYRO_SNAPSHOT_STATE,
                     "this QEMU cannot save a machine's memory (it has no xen-save-devices-state)");
}

static bool push_layer(struct memory_op *op, struct pyro_error *err)
{
    struct supervisor *s = op->supervisor;
    bool ok;

    memory_sweep(s->dir_fd, &s->record.disk);
    op->pushed = disk_push_layer(s, op->below, &op->above, err);
    if (!op->pushed)
        return false;
    op->busy = true;
    ok = disk_push_ready(s, op->below, op->above, err);
    op->busy = false;
    if (op->doom.code)
        return pyro_copy(err, &op->doom);
    return ok;
}

static bool prepare(struct memory_op *op, struct pyro_error *err)
{
    struct supervisor *s = op->supervisor;

    op->templates_dir = paths_templates(err);
    if (!op->templates_dir || !find_memory(op, err))
        return false;
    op->below = s->record.disk.active;
    if (!op->suspends && !push_layer(op, err))
        return false;
    check_step("snapshot-prepared");
    loop_timer_set(s->loop, &op->deadline, patience(PREPARE_MS), memory_ops_on_late, op);
    op->work = offload_start(s->loop, memory_ops_flush, memory_ops_on_flushed, op, err);
    return op->work != NULL;
}

/* ---- requests ---- */

static bool check(struct supervisor *s, struct pyro_error *err)
{
    if (!supervisor_check_serving(s, err))
        return false;
    if (s->record.host_compat) {
        pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' runs on the host and has no machine",
                  s->record.id);
        return pyro_hint(err, "create one without --allow-host-compat");
    }
    disk_merge_yield(s);
    if (s->disk_op || s->disk_merge || s->memory_op)
        return pyro_fail(err, PYRO_WORKSPACE_BUSY, "another snapshot of '%s' is being made",
                         s->record.id);
    return true;
}

static void begin(struct supervisor *s, const struct memory_op *as)
{
    struct memory_op *op = calloc(1, sizeof(*op));
    struct pyro_error why = { 0 };

    BUG_ON(!op);
    *op = *as;
    op->supervisor = s;
    op->holds = op->holder != NULL;
    op->upper_fd = -1;
    op->state = (struct buf)BUF_INIT(DEVICE_STATE_BYTES_MAX);
    if (op->holder)
        op->holder->place = &op->holder;
    s->memory_op = op;
    if (!prepare(op, &why))
        fail(op, &why);
}

bool memory_ops_dispatch(struct supervisor *s, struct link *client, uint32_t id,
                         const json_t *request, struct pyro_error *err)
{
    const char *what = json_string_or(request, "do", ""), *name = "";
    bool suspends = !strcmp(what, "suspend");
    struct memory_op as = { .id = id, .suspends = suspends };
    bool hold = !strcmp(what, "hold"), snapshot = !strcmp(what, "snapshot");

    if (!hold && !suspends && !snapshot)
        return pyro_fail(err, PYRO_INTERNAL, "the supervisor does not know 'memory %s'", what);
    if (snapshot && !json_get_string(request, "name", &name, err))
        return false;
    if (!check(s, err) || (suspends && !suspend_check(s, err)) ||
        (snapshot && !disk_layers_check_new(&s->record.disk, name, err)))
        return false;
    if (hold && !(as.holder = disk_holder_new(s, client, id, err)))
        return false;
    as.client = hold ? NULL : client;
    snprintf(as.name, sizeof(as.name), "%s", name);
    begin(s, &as);
    return true;
}

bool memory_ops_suspend_idle(struct supervisor *s, struct pyro_error *err)
{
    if (!check(s, err) || !suspend_check(s, err))
        return false;
    begin(s, &(struct memory_op){ .suspends = true, .unasked = true });
    return true;
}

void memory_ops_adopt(struct supervisor *s)
{
    release_guest(s);
}

void memory_ops_client_gone(struct supervisor *s, const struct link *client)
{
    if (s->memory_op && s->memory_op->client == client)
        s->memory_op->client = NULL;
}

void memory_ops_fail(struct supervisor *s, const struct pyro_error *why)
{
    if (s->memory_op && s->memory_op->busy)
        s->memory_op->doom = *why;
    else if (s->memory_op)
        fail(s->memory_op, why);
}
