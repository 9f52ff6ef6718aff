/* engine/supervisor/disk_ops.c: a new layer under a running machine, and what is made of the one
 * below. */
#include "engine/supervisor/disk_ops.h"

#include <stdlib.h>
#include <string.h>

#include "engine/state/memory_files.h"
#include "engine/state/reset.h"
#include "engine/supervisor/disk_fds.h"
#include "engine/supervisor/disk_hold.h"
#include "engine/supervisor/disk_merge.h"
#include "engine/supervisor/disk_push.h"
#include "engine/supervisor/ending.h"
#include "vmm/base/fs.h"
#include "vmm/qemu.h"

#define QMP_MS 10000
#define FREEZE_MS 60000 /* until the answer: the guest writes out what is dirty, however much */
#define TRIES 3         /* of freezing, until it lasts long enough */

enum disk_op_kind { DISK_OP_SNAPSHOT, DISK_OP_SEAL, DISK_OP_HOLD };

/* The operation in progress. */
struct disk_op {
    struct supervisor *supervisor;
    enum disk_op_kind kind;
    struct link *client; /* NULL: gone */
    uint32_t id;
    struct disk_holder *holder; /* instead of a client; NULL: gone */
    char name[SNAPSHOT_NAME_MAX + 1];
    uint32_t below, above;  /* the layer that was active, and the new one */
    bool switched;          /* QEMU writes to the new one … */
    bool frozen;            /* … and can no longer write to the one below */
    bool busy;              /* a QEMU command is pending: do not free now … */
    struct pyro_error doom; /* … but fail with this after it */
    unsigned tries;
    struct stream freeze;
    struct loop_timer deadline;
};

static struct disk_layers *layers_of(struct supervisor *s)
{
    return &s->record.disk;
}

static void op_free(struct disk_op *op)
{
    loop_timer_cancel(op->supervisor->loop, &op->deadline);
    stream_close(&op->freeze, NULL);
    if (op->holder)
        op->holder->place = NULL;
    op->supervisor->disk_op = NULL;
    free(op);
}

/* Layers may have been joined, or the chain flattened, when the supervisor that did it was killed.
 * Until such a job has ended, the device's node is one of the job's. */
static void end_job(struct supervisor *s)
{
    int64_t deadline_ms = clock_ms() + QMP_MS;
    bool ended =
        !s->vm.qmp || !qmp_command(s->vm.qmp, "block-job-cancel",
                                   json_pack("{s:s, s:b}", "device", DISK_MERGE_JOB, "force", true),
                                   deadline_ms, NULL, NULL);

    while (!ended) {
        scoped_json json_t *data = NULL;
        ended = !qmp_wait_event(s->vm.qmp, "JOB_STATUS_CHANGE", deadline_ms, &data, NULL) ||
                !strcmp(json_string_or(data, "status", ""), "null");
    }
}

void disk_ops_reconcile(struct supervisor *s)
{
    struct disk_layers *l = layers_of(s);
    uint32_t top;

    if (s->record.host_compat)
        return;
    end_job(s);
    /* The layer may have been listed, and its supervisor killed before QEMU got it. */
    if (disk_ask_top(s, &top) && top != l->active && top != DISK_LAYER_BASE &&
        disk_layers_is_based_on(l, l->active, top))
        disk_pop_layer(s, top);
    disk_fds_take_back(s);
    disk_layers_sweep(s->dir_fd, l);
    memory_sweep(s->dir_fd, l);
}

/* ---- the steps ---- */

static void refuse(struct disk_op *op, const struct pyro_error *why)
{
    struct pyro_error err = *why;

    ending_explain(op->supervisor, &err);
    if (op->client)
        stream_refuse(op->client, op->id, &err);
    if (op->holder) {
        stream_fail(&op->holder->stream, &err);
        disk_holder_free(op->holder);
    }
}

static void fail(struct disk_op *op, const struct pyro_error *why)
{
    struct supervisor *s = op->supervisor;

    refuse(op, why);
    if (!op->switched)
        disk_push_undo(s, op->below, op->above);
    op_free(op);
}

static void succeed(struct disk_op *op)
{
    struct supervisor *s = op->supervisor;
    struct pyro_error err = { 0 };
    json_t *result = json_object();

    if (op->kind == DISK_OP_SNAPSHOT)
        disk_layers_name(layers_of(s), op->name, op->below, clock_wall());
    if (op->kind == DISK_OP_SEAL) {
        s->record.disk.baseline = op->below;
        s->record.disk.baseline_at = clock_wall();
    }
    if (op->kind != DISK_OP_HOLD)
        s->record.last_activity_at = clock_wall();
    if (!record_save(s->dir_fd, &s->record, true, &err)) {
        if (op->kind == DISK_OP_SNAPSHOT)
            (void)!disk_layers_unname(layers_of(s), op->name, NULL);
        json_decref(result);
        fail(op, &err);
        return;
    }
    if (op->kind == DISK_OP_SNAPSHOT)
        supervisor_note(s, TIMELINE_ENTRY(TIMELINE_SNAPSHOT, .id = op->name, .state = "created"));
    json_object_set_new(result, "layer", json_integer((json_int_t)op->below));
    json_object_set_new(result, "frozen", json_boolean(op->frozen));
    if (op->holder)
        stream_message(&op->holder->stream, result);
    if (op->client)
        stream_reply(op->client, op->id, result);
    else
        json_decref(result);
    op_free(op);
    disk_merge_maybe(s); /* a reader may have gone meanwhile */
}

static void begin(struct disk_op *op);

/* The guest thawed. */
static void disk_ops_on_thawed(struct stream *stream, const json_t *result,
                               const struct pyro_error *why)
{
    struct disk_op *op = stream->arg;
    struct pyro_error err = { 0 };

    if (!result)
        err = *why;
    else if (error_from_result(result, &err) && !op->switched)
        pyro_fail(&err, PYRO_GUEST_ERROR, "the guest did not freeze its file system");
    if (err.code) {
        pyro_wrap(&err, "snapshot");
        fail(op, &err);
    } else if (json_bool_or(result, "held", false)) {
        succeed(op);
    } else if (++op->tries < TRIES) {
        begin(op); /* thawed too early: the layer is as good as any to try again with */
    } else {
        pyro_fail(&err, PYRO_TIMEOUT, "the guest's file system cannot be frozen for long enough");
        fail(op, &err);
    }
}

/* QEMU writes to the new layer: the guest is thawed, and the one below becomes read-only. */
static void hand_over(struct disk_op *op, const json_t *thaw)
{
    struct supervisor *s = op->supervisor;
    struct pyro_error doom;

    stream_message(&op->freeze, thaw);
    op->busy = true;
    op->frozen = disk_fds_take_back(s);
    op->busy = false;
    doom = op->doom;
    if (doom.code)
        fail(op, &doom);
}

static void disk_ops_on_frozen(struct stream *stream, const json_t *message)
{
    struct disk_op *op = stream->arg;
    scoped_json json_t *thaw = json_pack("{s:b}", "thaw", true);
    struct pyro_error err = { 0 };

    if (!json_bool_or(message, "frozen", false) || op->switched)
        return;
    op->busy = true;
    op->switched = disk_push_ready(op->supervisor, op->below, op->above, &err) &&
                   disk_push_switch(op->supervisor, op->below, op->above, &err);
    op->busy = false;
    if (!op->switched || op->doom.code)
        fail(op, op->doom.code ? &op->doom : &err);
    else
        hand_over(op, thaw);
}

static void disk_ops_on_late(void *arg)
{
    struct disk_op *op = arg;
    struct pyro_error err = { 0 };

    pyro_fail(&err, PYRO_TIMEOUT, "the guest did not freeze its file system in %d s",
              FREEZE_MS / 1000);
    fail(op, &err);
}

/* Takes over op: it answers and frees it, now or later. */
static void begin(struct disk_op *op)
{
    static const struct stream_ops ops = { .message = disk_ops_on_frozen,
                                           .closed = disk_ops_on_thawed };
    struct supervisor *s = op->supervisor;
    scoped_json json_t *request = json_pack("{s:s}", "op", "freeze");
    struct pyro_error err = { 0 };

    op->switched = op->frozen = false;
    op->below = s->record.disk.active;
    if (!disk_push_layer(s, op->below, &op->above, &err)) {
        refuse(op, &err);
        op_free(op);
        return;
    }
    loop_timer_set(s->loop, &op->deadline, FREEZE_MS, disk_ops_on_late, op);
    if (!stream_open(s->guest, &op->freeze, request, &ops, op, &err))
        fail(op, &err);
}

/* ---- requests ---- */

static bool check(struct supervisor *s, struct pyro_error *err)
{
    if (!supervisor_check_serving(s, err))
        return false;
    if (s->record.host_compat) {
        pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' runs on the host and has no disk",
                  s->record.id);
        return pyro_hint(err, "create one without --allow-host-compat");
    }
    disk_merge_yield(s); /* a client that is told that it is busy asks again */
    if (s->disk_op || s->disk_merge || s->memory_op)
        return pyro_fail(err, PYRO_WORKSPACE_BUSY, "another snapshot of '%s' is being made",
                         s->record.id);
    return true;
}

static bool start_op(struct supervisor *s, enum disk_op_kind kind, struct link *client, uint32_t id,
                     const char *name, struct pyro_error *err)
{
    struct disk_op *op = calloc(1, sizeof(*op));

    BUG_ON(!op);
    *op = (struct disk_op){ .supervisor = s, .kind = kind, .client = client, .id = id };
    if (kind == DISK_OP_HOLD) {
        op->client = NULL;
        op->holder = disk_holder_new(s, client, id, err);
        if (!op->holder) {
            free(op);
            return false;
        }
        op->holder->place = &op->holder;
    }
    snprintf(op->name, sizeof(op->name), "%s", name);
    s->disk_op = op;
    begin(op);
    return true;
}

static bool delete_snapshot(struct supervisor *s, struct link *client, uint32_t id,
                            const char *name, struct pyro_error *err)
{
    struct disk_layers *l = layers_of(s);
    const struct disk_snapshot *found = disk_layers_find(l, name);
    struct disk_snapshot kept = found ? *found : (struct disk_snapshot){ 0 };

    if (!disk_layers_unname(l, name, err))
        return false;
    if (!record_save(s->dir_fd, &s->record, true, err)) {
        disk_layers_name(l, kept.name, kept.layer, kept.created_at);
        disk_layers_find(l, kept.name)->memory = kept.memory;
        return false;
    }
    disk_layers_collect(l);
    disk_layers_sweep(s->dir_fd, l);
    memory_sweep(s->dir_fd, l);
    supervisor_note(s, TIMELINE_ENTRY(TIMELINE_SNAPSHOT, .id = name, .state = "deleted"));
    supervisor_touch(s);
    stream_reply(client, id, json_object());
    disk_merge_maybe(s);
    return true;
}

bool disk_ops_dispatch(struct supervisor *s, struct link *client, uint32_t id,
                       const json_t *request, struct pyro_error *err)
{
    const char *what = json_string_or(request, "do", ""), *name = "";

    if (!check(s, err))
        return false;
    if (!strcmp(what, "hold"))
        return start_op(s, DISK_OP_HOLD, client, id, "", err);
    if (!strcmp(what, "seal"))
        return start_op(s, DISK_OP_SEAL, client, id, "", err);
    if (!json_get_string(request, "name", &name, err))
        return false;
    if (!strcmp(what, "committed")) {
        supervisor_note(s, TIMELINE_ENTRY(TIMELINE_COMMIT, .id = name));
        stream_reply(client, id, json_object());
        return true;
    }
    if (!strcmp(what, "delete"))
        return delete_snapshot(s, client, id, name, err);
    if (!strcmp(what, "snapshot"))
        return disk_layers_check_new(layers_of(s), name, err) &&
               start_op(s, DISK_OP_SNAPSHOT, client, id, name, err);
    return pyro_fail(err, PYRO_INTERNAL, "the supervisor does not know 'disk %s'", what);
}

void disk_ops_fail(struct supervisor *s, const struct pyro_error *why)
{
    disk_merge_abort(s);
    if (s->disk_op && s->disk_op->busy)
        s->disk_op->doom = *why;
    else if (s->disk_op)
        fail(s->disk_op, why);
}

void disk_ops_client_gone(struct supervisor *s, const struct link *client)
{
    if (s->disk_op && s->disk_op->client == client)
        s->disk_op->client = NULL;
    disk_holders_client_gone(s, client);
}

bool disk_ops_reset(struct supervisor *s, const char *snapshot, bool memory, struct pyro_error *err)
{
    disk_merge_abort(s);
    if (!check(s, err))
        return false;
    return disk_reset_commit(s->dir_fd, &s->record, snapshot, memory, err);
}
