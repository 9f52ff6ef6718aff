/* engine/supervisor/disk_merge.c: block-commit of one layer into the one below, and block-stream of
 * many into one above. */
#include "engine/supervisor/disk_merge.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "engine/supervisor/disk_fds.h"
#include "vmm/base/fs.h"

#define QMP_MS 10000
#define FREEZE_MS 30000
#define CHEAP_BYTES (64 * 1024 * 1024) /* the most to copy while the chain is not long */
#define DEPTH_WANTED 32                /* a longer chain justifies more */
#define DEPTH_FLAT 48                  /* beyond this a layer costs a start some milliseconds */
#define ROOM_FACTOR 2                  /* free space on the host, relative to what is copied */

struct disk_merge {
    struct supervisor *supervisor;
    uint32_t from, into; /* `from` goes into the one below it, or is flattened onto `into` */
    bool flatten;
    bool active;    /* `from` is the active layer */
    bool completed; /* QEMU has released `from`, or what was below it */
    bool busy;      /* a QEMU command is pending: do not free now … */
    bool doomed;    /* … but after it */
    struct stream freeze;
    struct loop_timer deadline;
};

static bool ask(struct supervisor *s, const char *command, json_t *arguments)
{
    if (s->vm.qmp)
        return qmp_command(s->vm.qmp, command, arguments, clock_ms() + QMP_MS, NULL, NULL);
    json_decref(arguments);
    return false;
}

/* However it ends: write access to lower layers is removed. */
static void merge_free(struct disk_merge *m)
{
    struct supervisor *s = m->supervisor;

    if (m->busy) {
        m->doomed = true;
        return;
    }
    loop_timer_cancel(s->loop, &m->deadline);
    stream_close(&m->freeze, NULL);
    s->disk_merge = NULL;
    free(m);
    if (s->phase == PHASE_RUNNING)
        disk_fds_take_back(s);
}

static void cancel_job(struct supervisor *s)
{
    (void)!ask(s, "block-job-cancel",
               json_pack("{s:s, s:b}", "device", DISK_MERGE_JOB, "force", true));
}

void disk_merge_abort(struct supervisor *s)
{
    struct disk_merge *m = s->disk_merge;

    if (!m)
        return;
    if (!m->completed && !m->busy && s->phase == PHASE_RUNNING)
        cancel_job(s);
    merge_free(m);
}

void disk_merge_yield(struct supervisor *s)
{
    struct disk_merge *m = s->disk_merge;

    if (!m || !m->flatten || m->completed || m->busy || !disk_layers_has_room(&s->record.disk))
        return;
    m->busy = true;
    cancel_job(s);
    m->busy = false;
    if (m->doomed)
        merge_free(m);
}

/* ---- choosing layers ---- */

static bool is_named(const struct disk_layers *l, uint32_t id)
{
    for (size_t i = 0; i < l->snapshot_count; i++)
        if (l->snapshots[i].layer == id)
            return true;
    return id == l->baseline;
}

static unsigned count_children(const struct disk_layers *l, uint32_t id)
{
    unsigned n = 0;

    for (size_t i = 0; i < l->count; i++)
        n += l->items[i].parent == id;
    return n;
}

/* Whether `from` can go into the one below. QEMU can write to that: it was the active one at some
 * time since QEMU started. All that QEMU changes must be this workspace's alone: the one below, the
 * one that is emptied then, and the header of the one above. */
static bool takes(const struct supervisor *s, uint32_t above, uint32_t from)
{
    const struct disk_layers *l = &s->record.disk;
    uint32_t into = disk_layers_parent(l, from);

    return into != DISK_LAYER_BASE && l->booted && into >= l->booted && !is_named(l, into) &&
           count_children(l, into) == 1 && !disk_layer_is_shared(s->dir_fd, into) &&
           !disk_layer_is_shared(s->dir_fd, from) &&
           (above == from || !disk_layer_is_shared(s->dir_fd, above));
}

static bool choose(struct supervisor *s, uint32_t *ret_from)
{
    const struct disk_layers *l = &s->record.disk;
    int64_t best = disk_layers_depth(l, l->active) > DEPTH_WANTED ? INT64_MAX : CHEAP_BYTES;
    uint32_t above = l->active;
    bool found = false;

    for (uint32_t id = l->active; id != DISK_LAYER_BASE;
         above = id, id = disk_layers_parent(l, id)) {
        int64_t cost;
        if (!takes(s, above, id))
            continue;
        cost = disk_layer_bytes(s->dir_fd, id);
        if (cost < best) {
            best = cost;
            *ret_from = id;
            found = true;
        }
    }
    return found;
}

/* The layer that the machine's chain is to be based on in place of all above it. */
static uint32_t bottom(const struct disk_layers *l)
{
    return disk_layers_is_based_on(l, l->active, l->baseline) ? l->baseline : DISK_LAYER_BASE;
}

/* The lowest layer that is worth joining and that QEMU can write to: the same one again when the
 * last attempt was cut short. */
static bool choose_flat(struct supervisor *s, uint32_t *ret)
{
    const struct disk_layers *l = &s->record.disk;
    unsigned depth = disk_layers_depth(l, l->active);
    uint32_t below = bottom(l);
    struct statvfs v;
    int64_t bytes = 0;

    if (depth <= DEPTH_FLAT || !l->booted)
        return false;
    *ret = l->active;
    for (uint32_t id = l->active;
         id >= l->booted && depth >= DEPTH_FLAT && !disk_layer_is_shared(s->dir_fd, id); depth--) {
        *ret = id;
        id = disk_layers_parent(l, id);
    }
    for (uint32_t id = *ret; id != below; id = disk_layers_parent(l, id))
        bytes += disk_layer_bytes(s->dir_fd, id);
    return fstatvfs(s->dir_fd, &v) == 0 &&
           (uint64_t)bytes <= (uint64_t)v.f_bavail * v.f_frsize / ROOM_FACTOR;
}

/* ---- the end ---- */

static void forget_node(struct supervisor *s, uint32_t id)
{
    char name[DISK_NODE_NAME_MAX];

    disk_node_name(id, name);
    /* Else QEMU would keep the file's blocks for as long as it runs. */
    if (ask(s, "blockdev-del", json_pack("{s:s}", "node-name", name)))
        (void)!ask(s, "remove-fd", json_pack("{s:I}", "fdset-id", (json_int_t)id));
}

/* QEMU uses `into` in place of `from`, and the record follows. An upper layer that holds nothing is
 * right with an older record as well. */
static void finish(struct disk_merge *m)
{
    struct supervisor *s = m->supervisor;
    scoped_json json_t *thaw = json_pack("{s:b}", "thaw", true);
    struct pyro_error err = { 0 };
    char file[32];

    m->completed = true;
    disk_layer_file(m->from, file);
    if (!disk_clear_overlay(s->dir_fd, file, &err))
        supervisor_complain(s, err.message);
    disk_layers_join(&s->record.disk, m->from, m->into);
    if (record_save(s->dir_fd, &s->record, true, NULL))
        disk_layers_sweep(s->dir_fd, &s->record.disk);
    m->busy = true;
    forget_node(s, m->from);
    m->busy = false;
    if (m->freeze.link && !m->doomed)
        stream_message(&m->freeze, thaw);
    else
        merge_free(m);
}

/* Whether all that a layer holds is on the disk: QEMU flushes what it reopens. QEMU 10 leaves a
 * layer that it has flattened open for writing. */
static bool flush_layer(const struct disk_merge *m)
{
    struct disk_layer from = { .format = DISK_QCOW2, .id = m->from }, into = { .id = m->into };

    return ask(m->supervisor, "blockdev-reopen",
               json_pack("{s:[o]}", "options", disk_blockdev_again(&from, &into, m->active)));
}

/* QEMU has `from` on `into`; the record follows, and nothing keeps the layers between open. */
static void finish_flat(struct disk_merge *m)
{
    struct supervisor *s = m->supervisor;
    struct disk_layers *l = &s->record.disk;
    uint32_t between[DISK_LAYERS_MAX];
    unsigned count = 0;

    m->completed = m->busy = true;
    if (flush_layer(m)) {
        for (uint32_t id = disk_layers_parent(l, m->from); id != m->into;
             id = disk_layers_parent(l, id))
            between[count++] = id;
        disk_layers_rebase(l, m->from, m->into);
        disk_layers_collect(l);
        if (record_save(s->dir_fd, &s->record, true, NULL))
            disk_layers_sweep(s->dir_fd, l);
        for (unsigned i = 0; i < count; i++)
            forget_node(s, between[i]);
    }
    m->busy = false;
    merge_free(m);
}

static void disk_merge_on_thawed(struct stream *stream, const json_t *result UNUSED,
                                 const struct pyro_error *why UNUSED)
{
    struct disk_merge *m = stream->arg;
    struct supervisor *s = m->supervisor;
    bool completed = m->completed;

    if (!completed) {
        disk_merge_abort(s); /* thawed before QEMU was done: try another time */
        return;
    }
    merge_free(m);
    disk_merge_maybe(s);
}

static void disk_merge_on_frozen(struct stream *stream, const json_t *message)
{
    struct disk_merge *m = stream->arg;

    if (!json_bool_or(message, "frozen", false) || m->completed)
        return;
    m->busy = true;
    if (!ask(m->supervisor, "block-job-complete", json_pack("{s:s}", "device", DISK_MERGE_JOB)))
        m->doomed = true;
    m->busy = false;
    if (m->doomed && !m->completed)
        disk_merge_abort(m->supervisor);
}

static void disk_merge_on_late(void *arg)
{
    struct disk_merge *m = arg;

    disk_merge_abort(m->supervisor);
}

/* Everything is copied, and so are new writes from now on. */
static void hold_still(struct disk_merge *m)
{
    static const struct stream_ops ops = { .message = disk_merge_on_frozen,
                                           .closed = disk_merge_on_thawed };
    struct supervisor *s = m->supervisor;
    scoped_json json_t *request = json_pack("{s:s}", "op", "freeze");

    loop_timer_set(s->loop, &m->deadline, FREEZE_MS, disk_merge_on_late, m);
    if (!s->guest || !stream_open(s->guest, &m->freeze, request, &ops, m, NULL))
        disk_merge_abort(s);
}

void disk_merge_event(struct supervisor *s, const char *event, const json_t *data)
{
    struct disk_merge *m = s->disk_merge;

    if (!m || m->completed || strcmp(json_string_or(data, "device", ""), DISK_MERGE_JOB) != 0)
        return;
    if (!strcmp(event, "BLOCK_JOB_READY") && !m->freeze.link)
        hold_still(m);
    else if (!strcmp(event, "BLOCK_JOB_CANCELLED"))
        merge_free(m);
    else if (!strcmp(event, "BLOCK_JOB_COMPLETED") && json_object_get(data, "error"))
        merge_free(m);
    else if (!strcmp(event, "BLOCK_JOB_COMPLETED") && m->flatten)
        finish_flat(m);
    else if (!strcmp(event, "BLOCK_JOB_COMPLETED"))
        finish(m);
}

/* ---- the beginning ---- */

static json_t *commit_arguments(const struct disk_layers *l, const struct disk_merge *m)
{
    char top[DISK_NODE_NAME_MAX], from[DISK_NODE_NAME_MAX], into[DISK_NODE_NAME_MAX];
    json_t *arguments;

    disk_node_name(l->active, top);
    disk_node_name(m->from, from);
    disk_node_name(m->into, into);
    arguments =
        json_pack("{s:s, s:s, s:s}", "job-id", DISK_MERGE_JOB, "device", top, "base-node", into);
    if (!m->active) { /* no backing name is written into the layer above */
        json_object_set_new(arguments, "top-node", json_string(from));
        json_object_set_new(arguments, "backing-file", json_string(""));
    }
    return arguments;
}

static json_t *stream_arguments(const struct disk_merge *m)
{
    char from[DISK_NODE_NAME_MAX], into[DISK_NODE_NAME_MAX];

    disk_node_name(m->from, from);
    disk_node_name(m->into, into);
    return json_pack("{s:s, s:s, s:s, s:s}", "job-id", DISK_MERGE_JOB, "device", from, "base-node",
                     into, "backing-file", ""); /* no backing name */
}

/* The layers QEMU opens for writing when the job begins or ends: the one that absorbs the other,
 * and the one above, whose header must name nothing; or the one that is flattened. */
static bool lend_writable(struct supervisor *s, const struct disk_merge *m)
{
    const struct disk_layers *l = &s->record.disk;
    uint32_t above = l->active;

    if (m->flatten)
        return m->active || disk_fds_lend(s, m->from, NULL);
    while (!m->active && disk_layers_parent(l, above) != m->from)
        above = disk_layers_parent(l, above);
    return disk_fds_lend(s, m->into, NULL) && (above == l->active || disk_fds_lend(s, above, NULL));
}

static bool begin(struct supervisor *s, bool flatten, uint32_t from)
{
    const struct disk_layers *l = &s->record.disk;
    struct disk_merge *m = calloc(1, sizeof(*m));
    bool ok;

    BUG_ON(!m);
    *m = (struct disk_merge){ .supervisor = s,
                              .from = from,
                              .into = flatten ? bottom(l) : disk_layers_parent(l, from),
                              .flatten = flatten,
                              .active = from == l->active };
    s->disk_merge = m;
    m->busy = true;
    ok = lend_writable(s, m) && (flatten ? ask(s, "block-stream", stream_arguments(m))
                                         : ask(s, "block-commit", commit_arguments(l, m)));
    m->busy = false;
    ok = ok && !m->doomed;
    if (!ok)
        merge_free(m);
    return ok;
}

void disk_merge_maybe(struct supervisor *s)
{
    uint32_t from;

    if (s->record.host_compat || s->disk_op || s->memory_op || s->disk_merge || s->disk_holders ||
        !supervisor_check_serving(s, NULL))
        return;
    /* QEMU refuses to join layers that are no longer in its chain: it had flattened the chain, and
     * the supervisor died before the record said so. Flattening again writes it down. */
    if ((choose(s, &from) && begin(s, false, from)) || !choose_flat(s, &from))
        return;
    (void)!begin(s, true, from);
}
