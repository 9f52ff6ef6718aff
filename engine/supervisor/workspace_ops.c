/* engine/supervisor/workspace_ops.c: waiting for the end, and changes of the record. */
#include "engine/supervisor/workspace_ops.h"

#include <stdlib.h>

#include "engine/secret/hide.h"
#include "engine/state/record_change.h"
#include "engine/supervisor/disk_ops.h"
#include "engine/supervisor/shells.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/sock.h"

#define ORPHAN_MS 5000

/* A stream that stays open until the workspace ends: of a stop that is waited for, or of a process
 * that the workspace lives no longer than. */
struct waiter {
    struct waiter *next;
    struct supervisor *supervisor;
    struct stream stream;
    enum { ENDS_NOTHING, KILLS, STOPS } when_lost;
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
    int when_lost = w->when_lost;

    waiter_free(w);
    if (when_lost != ENDS_NOTHING)
        supervisor_stop(s, when_lost == KILLS);
}

/* A holder asks for the end; the answer comes with it. */
static void workspace_ops_on_waiter_message(struct stream *stream, const json_t *message)
{
    struct waiter *w = stream->arg;

    supervisor_stop(w->supervisor, json_bool_or(message, "force", false));
}

static struct waiter *wait_for_end(struct supervisor *s, struct link *client, uint32_t id)
{
    static const struct stream_ops ops = { .message = workspace_ops_on_waiter_message,
                                           .closed = workspace_ops_on_waiter_closed };
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

void workspace_ops_await_end(struct supervisor *s, struct link *client, uint32_t id)
{
    wait_for_end(s, client, id);
}

bool workspace_ops_stop(struct supervisor *s, struct link *client, uint32_t id,
                        const json_t *request, struct pyro_error *err UNUSED)
{
    if (wait_for_end(s, client, id))
        supervisor_stop(s, json_bool_or(request, "force", false));
    return true;
}

bool workspace_ops_settle(struct supervisor *s, struct link *client, uint32_t id,
                          const json_t *request UNUSED, struct pyro_error *err UNUSED)
{
    int pidfd = s->host_pid > 0 ? s->host_pidfd : s->vm.pidfd;

    if (s->phase == PHASE_RUNNING && s->guest && !proc_wait_fd(pidfd, 0))
        stream_reply(client, id, record_to_view(&s->record));
    else
        wait_for_end(s, client, id);
    return true;
}

void workspace_ops_abandon(struct supervisor *s, bool force)
{
    s->record.ephemeral |= s->record.unannounced;
    supervisor_stop(s, force);
}

static void workspace_ops_on_orphan(void *arg)
{
    workspace_ops_abandon(arg, false);
}

void workspace_ops_await_holder(struct supervisor *s)
{
    if (s->record.ephemeral || s->record.held)
        loop_timer_set(s->loop, &s->orphan, patience(ORPHAN_MS), workspace_ops_on_orphan, s);
}

/* Of a `run`: what it holds is killed with it. */
bool workspace_ops_hold(struct supervisor *s, struct link *client, uint32_t id,
                        const json_t *request UNUSED, struct pyro_error *err UNUSED)
{
    struct waiter *w = wait_for_end(s, client, id);

    if (w) {
        w->when_lost = KILLS;
        loop_timer_cancel(s->loop, &s->orphan);
    }
    return true;
}

static bool check_free(const struct supervisor *s, struct pyro_error *err)
{
    const struct waiter *w = s->waiters;

    while (w && w->when_lost != STOPS)
        w = w->next;
    if (!w)
        return true;
    pyro_fail(err, PYRO_WORKSPACE_BUSY, "workspace '%s' is held by process %d", s->record.id,
              (int)sock_peer_pid(link_fd(w->stream.link)));
    return pyro_hint(err, "end that one, or only watch: pyro workspace hold %s --watch",
                     s->record.id);
}

/* Of `workspace hold`. `watch`: of a process that only waits for the end. */
bool workspace_ops_attend(struct supervisor *s, struct link *client, uint32_t id,
                          const json_t *request, struct pyro_error *err)
{
    bool watch = json_bool_or(request, "watch", false);
    scoped_json json_t *told = json_object();
    struct waiter *w;

    if (!supervisor_check_running(s, err) || (!watch && !check_free(s, err)))
        return false;
    w = wait_for_end(s, client, id);
    if (w && !watch) {
        w->when_lost = STOPS;
        loop_timer_cancel(s->loop, &s->orphan);
        s->record.held = true;
        s->record.unannounced = false;
        supervisor_save(s, false);
    }
    if (w)
        stream_message(&w->stream, told);
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
    if (json_object_get(request, "workspace_seed")) {
        json_decref(s->record.workspace_seed);
        s->record.workspace_seed = record_seed_of(json_object_get(request, "workspace_seed"));
        hide_in_json(s->redactor, s->record.workspace_seed);
    }
    s->record.ephemeral = false;
    for (struct waiter *w = s->waiters; w; w = w->next)
        w->when_lost = ENDS_NOTHING;
    s->record.last_activity_at = clock_wall();
    workspace_ops_await_holder(s);
    return reply_with_record(s, client, id);
}

bool workspace_ops_update(struct supervisor *s, struct link *client, uint32_t id,
                          const json_t *request, struct pyro_error *err)
{
    if (!workspace_apply_change(&s->record, request, err))
        return false;
    shells_acknowledge(s, json_object_get(request, "acknowledge"));
    SUPERVISOR_EACH_PART(s, updated);
    return reply_with_record(s, client, id);
}

bool workspace_ops_forked(struct supervisor *s, struct link *client, uint32_t id,
                          const json_t *request, struct pyro_error *err)
{
    const char *fork;

    if (!json_get_string(request, "id", &fork, err))
        return false;
    supervisor_note(s, TIMELINE_ENTRY(TIMELINE_FORKED, .id = fork, .state = "into",
                                      .text = json_string_or(request, "name", NULL)));
    supervisor_touch(s);
    stream_reply(client, id, json_object());
    return true;
}

bool workspace_ops_reset(struct supervisor *s, struct link *client, uint32_t id,
                         const json_t *request, struct pyro_error *err)
{
    const char *snapshot;

    if (s->record.held) { /* its machine ends, and with that the hold */
        supervisor_fail_held(s, err);
        return pyro_hint(err, "fork it from the snapshot, or reset it once nobody holds it");
    }
    if (!json_get_string(request, "snapshot", &snapshot, err) ||
        !disk_ops_reset(s, snapshot, json_bool_or(request, "memory", false), err))
        return false;
    wait_for_end(s, client, id);
    supervisor_stop(s, true);
    return true;
}

void workspace_ops_ended(struct supervisor *s, const struct pyro_error *why UNUSED)
{
    scoped_json json_t *view = record_to_view(&s->record);

    json_object_set_new(view, "expired", json_boolean(s->expired));
    while (s->waiters) {
        struct waiter *w = s->waiters;
        stream_close(&w->stream, view);
        waiter_free(w);
    }
}
