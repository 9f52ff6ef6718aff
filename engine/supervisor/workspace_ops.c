/* engine/supervisor/workspace_ops.c: waiting for the end, and changes of the record. */
#include "engine/supervisor/workspace_ops.h"

#include <stdlib.h>

#include "engine/secret/hide.h"
#include "engine/state/record_change.h"
#include "engine/supervisor/disk_ops.h"
#include "vmm/base/fs.h"

/* A stream that stays open until the workspace ends: a stop that is waited for, or the holder of a
 * `run`. */
struct waiter {
    struct waiter *next;
    struct supervisor *supervisor;
    struct stream stream;
    bool holds;
};

static void waiter_free(struct waiter *w)
{
    list_remove(&w->supervisor->waiters, w);
    free(w);
}

static void workspace_ops_on_waiter_closed(struct stream *stream, const json_t *result UNUSED,
                                           const struct pyro_error *why UNUSED)
{
    struct waiter *w = stream->arg;
    struct supervisor *s = w->supervisor;
    bool held = w->holds;

    waiter_free(w);
    if (held)
        supervisor_stop(s, true);
}

static struct waiter *wait_for_end(struct supervisor *s, struct link *client, uint32_t id)
{
    static const struct stream_ops ops = { .closed = workspace_ops_on_waiter_closed };
    struct waiter *w = calloc(1, sizeof(*w));

    BUG_ON(!w);
    w->supervisor = s;
    if (!stream_accept(client, id, &w->stream, &ops, w, &(struct pyro_error){ 0 })) {
        free(w);
        return NULL;
    }
    w->next = s->waiters;
    s->waiters = w;
    return w;
}

bool workspace_ops_stop(struct supervisor *s, struct link *client, uint32_t id,
                        const json_t *request, struct pyro_error *err UNUSED)
{
    if (wait_for_end(s, client, id))
        supervisor_stop(s, json_bool_or(request, "force", false));
    return true;
}

bool workspace_ops_hold(struct supervisor *s, struct link *client, uint32_t id,
                        const json_t *request UNUSED, struct pyro_error *err UNUSED)
{
    struct waiter *w = wait_for_end(s, client, id);

    if (w) {
        w->holds = true;
        loop_timer_cancel(s->loop, &s->orphan);
    }
    return true;
}

static bool reply_with_record(struct supervisor *s, struct link *client, uint32_t id)
{
    supervisor_save(s, true);
    stream_reply(client, id, record_to_view(&s->record));
    return true;
}

bool workspace_ops_keep(struct supervisor *s, struct link *client, uint32_t id,
                        const json_t *request, struct pyro_error *err)
{
    if (!supervisor_check_running(s, err))
        return false;
    json_decref(s->record.workspace_seed);
    s->record.workspace_seed = record_seed_of(json_object_get(request, "workspace_seed"));
    hide_in_json(s->redactor, s->record.workspace_seed);
    s->record.ephemeral = false;
    for (struct waiter *w = s->waiters; w; w = w->next)
        w->holds = false;
    s->record.last_activity_at = clock_wall();
    return reply_with_record(s, client, id);
}

bool workspace_ops_update(struct supervisor *s, struct link *client, uint32_t id,
                          const json_t *request, struct pyro_error *err)
{
    return workspace_apply_change(&s->record, request, err) && reply_with_record(s, client, id);
}

bool workspace_ops_reset(struct supervisor *s, struct link *client, uint32_t id,
                         const json_t *request, struct pyro_error *err)
{
    const char *snapshot;

    if (!json_get_string(request, "snapshot", &snapshot, err) || !disk_ops_reset(s, snapshot, err))
        return false;
    wait_for_end(s, client, id);
    supervisor_stop(s, true);
    return true;
}

void workspace_ops_ended(struct supervisor *s, const struct pyro_error *why UNUSED)
{
    scoped_json json_t *view = record_to_view(&s->record);

    while (s->waiters) {
        struct waiter *w = s->waiters;
        stream_close(&w->stream, view);
        waiter_free(w);
    }
}
