/* engine/supervisor/disk_merge.c: block-commit of one layer into the one below. */
#include "engine/supervisor/disk_merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/fs.h"

#define QMP_MS 10000
#define FREEZE_MS 30000
#define CHEAP_BYTES (64 * 1024 * 1024) /* what is copied at once, for tidiness alone */
#define DEPTH_WANTED 32                /* a longer chain is worth more */

struct disk_merge {
    struct supervisor *supervisor;
    uint32_t from, into;
    bool active;    /* `from` is the one that is written */
    bool completed; /* QEMU has let go of `from` */
    bool busy;      /* QEMU is being asked: not to be freed … */
    bool doomed;    /* … but afterwards */
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

static void merge_free(struct disk_merge *m)
{
    if (m->busy) {
        m->doomed = true;
        return;
    }
    loop_timer_cancel(m->supervisor->loop, &m->deadline);
    stream_close(&m->freeze, NULL);
    m->supervisor->disk_merge = NULL;
    free(m);
}

void disk_merge_abort(struct supervisor *s)
{
    struct disk_merge *m = s->disk_merge;

    if (!m)
        return;
    if (!m->completed && !m->busy && s->phase == PHASE_RUNNING)
        (void)!ask(s, "block-job-cancel",
                   json_pack("{s:s, s:b}", "device", DISK_MERGE_JOB, "force", true));
    merge_free(m);
}

/* ---- what to join ---- */

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

/* Whether QEMU can write to it: it was the active one at some time since it started. */
static bool takes(const struct disk_layers *l, uint32_t into)
{
    return into != DISK_LAYER_BASE && l->booted && into >= l->booted && !is_named(l, into) &&
           count_children(l, into) == 1;
}

static bool choose(struct supervisor *s, uint32_t *ret_from)
{
    const struct disk_layers *l = &s->record.disk;
    int64_t best = disk_layers_depth(l, l->active) > DEPTH_WANTED ? INT64_MAX : CHEAP_BYTES;
    bool found = false;

    for (uint32_t id = l->active; id != DISK_LAYER_BASE; id = disk_layers_parent(l, id)) {
        int64_t cost;
        if (!takes(l, disk_layers_parent(l, id)))
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

/* ---- the end ---- */

static void forget_node(struct supervisor *s, uint32_t id)
{
    char name[DISK_NODE_NAME_MAX];

    disk_node_name(id, name);
    /* Else QEMU would keep the file's blocks for as long as it runs. */
    if (ask(s, "blockdev-del", json_pack("{s:s}", "node-name", name)))
        (void)!ask(s, "remove-fd", json_pack("{s:I}", "fdset-id", (json_int_t)id));
}

/* QEMU stands on `into` in place of `from`: so does the record. An upper layer that holds nothing
 * is right with an older record as well. */
static void finish(struct disk_merge *m)
{
    struct supervisor *s = m->supervisor;
    scoped_json json_t *thaw = json_pack("{s:b}", "thaw", true);
    struct pyro_error err = { 0 };
    char file[32];

    m->completed = true;
    disk_layer_file(m->from, file);
    if (!disk_clear_overlay(s->dir_fd, file, &err))
        fprintf(stderr, "%s\n", err.message);
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

static void on_thawed(struct stream *stream, const json_t *result UNUSED,
                      const struct pyro_error *why UNUSED)
{
    struct disk_merge *m = stream->arg;
    struct supervisor *s = m->supervisor;
    bool completed = m->completed;

    if (!completed) {
        disk_merge_abort(s); /* it was let go before QEMU was done: another time */
        return;
    }
    merge_free(m);
    disk_merge_maybe(s);
}

static void on_frozen(struct stream *stream, const json_t *message)
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

static void on_late(void *arg)
{
    struct disk_merge *m = arg;

    disk_merge_abort(m->supervisor);
}

/* All is copied, and what is written from now on is as well. */
static void hold_still(struct disk_merge *m)
{
    static const struct stream_ops ops = { .message = on_frozen, .closed = on_thawed };
    struct supervisor *s = m->supervisor;
    scoped_json json_t *request = json_pack("{s:s}", "op", "freeze");

    loop_timer_set(s->loop, &m->deadline, FREEZE_MS, on_late, m);
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
    if (!m->active) { /* the layer above is not told a name to believe */
        json_object_set_new(arguments, "top-node", json_string(from));
        json_object_set_new(arguments, "backing-file", json_string(""));
    }
    return arguments;
}

void disk_merge_maybe(struct supervisor *s)
{
    struct disk_merge *m;
    uint32_t from;

    if (s->phase != PHASE_RUNNING || s->record.host_compat || s->disk_op || s->disk_merge ||
        s->disk_holders || s->disk_full || !s->guest || !link_is_ready(s->guest) ||
        !choose(s, &from))
        return;
    m = calloc(1, sizeof(*m));
    BUG_ON(!m);
    *m = (struct disk_merge){ .supervisor = s,
                              .from = from,
                              .into = disk_layers_parent(&s->record.disk, from),
                              .active = from == s->record.disk.active };
    s->disk_merge = m;
    m->busy = true;
    if (!ask(s, "block-commit", commit_arguments(&s->record.disk, m)))
        m->doomed = true;
    m->busy = false;
    if (m->doomed)
        merge_free(m);
}
