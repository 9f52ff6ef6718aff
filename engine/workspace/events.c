/*
 * engine/workspace/events.c: from records to events.
 *
 * What is known of a workspace is one JSON object, `known`, made anew from its records at each
 * look; an event is a difference between two of them. Commands alone are not in it: there may be
 * many, so the highest number is kept, and those that run.
 */
#include "engine/workspace/events.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/state/service_files.h"
#include "engine/workspace/watch.h"
#include "vmm/base/fs.h"

#define COMMANDS_MAX 10000 /* looked at at once */

static const char *const event_names[] = {
    "created", "started",   "stopped",      "suspended",  "resumed",      "failed",
    "deleted", "forked",    "exec_started", "exec_ended", "shell_opened", "shell_ended",
    "service", "attention", "network",      "snapshot",   "reset",        NULL
};

const struct row_spec workspace_event_rows[] = {
    RES_NUM("time"),
    RES_STR("event", .choices = event_names),
    RES_STR("workspace_id"),
    RES_STR("name", .nullable = true),
    ROW_END,
};

struct workspace_events {
    const struct workspace_events_spec *spec;
    struct workspace_watch *watch;
    bool paused;
    bool began;  /* what was there at the beginning is known */
    size_t left; /* of spec->ids */
    struct known *known;
};

/* Of a watched workspace. */
struct known {
    struct known *next;
    const struct watched_workspace *w;
    unsigned change; /* not looked at yet, a mask of enum watch_change */
    bool fresh;      /* it came since the beginning, and was not told of */
    json_t *state;
    json_t *running;  /* {SEQUENCE: command} */
    int64_t sequence; /* the highest told of */
};

/* Telling about one workspace. */
struct telling {
    struct workspace_events *events;
    const struct watched_workspace *w;
};

/* `members` is taken; `time` 0: now. */
static void tell(const struct telling *t, const char *event, double time, json_t *members)
{
    scoped_json json_t *j = members ? members : json_object();
    const struct workspace_record *r = &t->w->record;

    json_object_set_new(j, "time", json_real(time > 0 ? time : clock_wall()));
    json_object_set_new(j, "event", json_string(event));
    json_object_set_new(j, "workspace_id", json_string(r->id));
    json_object_set_new(j, "name", r->name ? json_string(r->name) : json_null());
    t->events->spec->event(t->events->spec->arg, j);
}

/* ---- what is known ---- */

static void events_add_service(void *arg, const struct service_record *r)
{
    json_object_set_new(arg, r->name,
                        json_pack("{s:s, s:s, s:o, s:s?, s:f}", "service_name", r->name, "state",
                                  service_state_name(r->state), "exit_code",
                                  r->exit_code >= 0 ? json_integer(r->exit_code) : json_null(),
                                  "stop_reason", r->stop_reason, "started_at", r->started_at));
}

static json_t *services_of(const struct watched_workspace *w)
{
    scoped_close int dir_fd = open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    json_t *services = json_object();

    if (dir_fd >= 0 && w->record.service_count)
        (void)!service_each(dir_fd, events_add_service, services, NULL);
    return services;
}

static json_t *shells_of(const struct watched_workspace *w)
{
    json_t *shells = json_object();

    for (size_t i = 0; i < w->shell_count; i++) {
        const struct shell_record *r = &w->shells[i].record;
        json_object_set_new(shells, r->id,
                            json_pack("{s:b, s:i, s:f, s:f}", "running", r->running, "exit_code",
                                      r->exit_code, "started_at", r->started_at, "ended_at",
                                      r->ended_at));
    }
    return shells;
}

static json_t *snapshots_of(const struct workspace_record *r)
{
    json_t *snapshots = json_object();

    for (size_t i = 0; i < r->disk.snapshot_count; i++)
        json_object_set_new(snapshots, r->disk.snapshots[i].name,
                            json_real(r->disk.snapshots[i].created_at));
    return snapshots;
}

static json_t *state_of(const struct watched_workspace *w)
{
    const struct workspace_record *r = &w->record;
    bool is_up = r->state == WORKSPACE_STARTED;

    return json_pack("{s:s, s:s*, s:I, s:I, s:I, s:s?, s:s?, s:O?, s:o, s:o, s:o}", "state",
                     workspace_state_name(r->state), "resume_error", r->resume_error, "pid",
                     (json_int_t)(is_up ? r->vm_pid : 0), "pid_started",
                     (json_int_t)(is_up ? r->vm_start_time : 0), "reset_count",
                     (json_int_t)r->reset_count, "last_error", r->last_error, "network_error",
                     r->network_error, "attention", record_attention(r), "snapshots",
                     snapshots_of(r), "shells", shells_of(w), "services", services_of(w));
}

/* ---- differences ---- */

typedef void tell_fn(const struct telling *t, const char *key, const json_t *old,
                     const json_t *now);

/* Calls fn for each member of one of their objects that differs, came or went. */
static void compare(const struct telling *t, const json_t *old, const json_t *now,
                    const char *group, tell_fn *fn)
{
    json_t *before = json_object_get(old, group), *after = json_object_get(now, group), *value;
    const char *key;

    json_object_foreach (before, key, value)
        if (!json_object_get(after, key))
            fn(t, key, value, NULL);
    json_object_foreach (after, key, value)
        if (!json_equal(json_object_get(before, key), value))
            fn(t, key, json_object_get(before, key), value);
}

static bool differs(const json_t *a, const json_t *b, const char *member)
{
    return !json_equal(json_object_get(a, member), json_object_get(b, member));
}

/* A shell that is gone went with a reset. */
static void events_tell_shell(const struct telling *t, const char *id, const json_t *old,
                              const json_t *now)
{
    bool is_new = !old || differs(old, now, "started_at");
    int64_t code = json_int_or(now, "exit_code", -1);

    if (now && is_new)
        tell(t, "shell_opened", json_number_or(now, "started_at", 0),
             json_pack("{s:s}", "shell_id", id));
    if (now && !json_bool_or(now, "running", false) &&
        (is_new || json_bool_or(old, "running", false)))
        tell(t, "shell_ended", json_number_or(now, "ended_at", 0),
             json_pack("{s:s, s:o}", "shell_id", id, "exit_code",
                       code >= 0 ? json_integer(code) : json_null()));
}

static void events_tell_service(const struct telling *t, const char *name UNUSED,
                                const json_t *old UNUSED, const json_t *now)
{
    json_t *members = now ? json_deep_copy(now) : NULL;

    if (!members)
        return;
    json_object_del(members, "started_at");
    tell(t, "service", 0, members);
}

static void events_tell_snapshot(const struct telling *t, const char *name,
                                 const json_t *old UNUSED, const json_t *now)
{
    tell(t, "snapshot", now ? json_number_value(now) : 0,
         json_pack("{s:s, s:b}", "snapshot_name", name, "deleted", !now));
}

static void tell_attention(const struct telling *t, const json_t *now)
{
    const json_t *attention = json_object_get(now, "attention");

    tell(t, "attention", 0,
         json_pack("{s:o}", "attention",
                   json_is_object(attention) ? json_deep_copy(attention)
                                             : attention_new(ATTENTION_NONE, 0, NULL, NULL, NULL)));
}

static void tell_state(const struct telling *t, const json_t *old, const json_t *now)
{
    const char *before = json_string_or(old, "state", ""),
               *state = json_string_or(now, "state", "");
    bool was_up = !strcmp(before, "started"), is_up = !strcmp(state, "started");

    if (was_up && is_up && (differs(old, now, "pid") || differs(old, now, "pid_started")))
        tell(t, "stopped", 0, NULL); /* and started again between two looks */
    else if (!strcmp(before, state))
        return;
    if (!strcmp(state, "failed"))
        tell(t, "failed", 0, json_pack("{s:O}", "last_error", json_object_get(now, "last_error")));
    else if (is_up && !strcmp(before, "suspended") && !json_object_get(now, "resume_error"))
        tell(t, "resumed", 0, NULL);
    else if (is_up || !strcmp(state, "stopped") || !strcmp(state, "suspended"))
        tell(t, state, 0, NULL);
}

static void tell_differences(const struct telling *t, const json_t *old, const json_t *now)
{
    bool came_up = !strcmp(json_string_or(now, "state", ""), "started");

    if (differs(old, now, "reset_count"))
        tell(t, "reset", 0, json_pack("{s:O}", "reset_count", json_object_get(now, "reset_count")));
    if (came_up)
        tell_state(t, old, now);
    compare(t, old, now, "shells", events_tell_shell);
    compare(t, old, now, "services", events_tell_service);
    compare(t, old, now, "snapshots", events_tell_snapshot);
    if (!came_up)
        tell_state(t, old, now);
    if (differs(old, now, "network_error"))
        tell(t, "network", 0,
             json_pack("{s:O}", "network_error", json_object_get(now, "network_error")));
    if (differs(old, now, "attention"))
        tell_attention(t, now);
}

/* ---- commands ---- */

static json_t *command_members(const json_t *entry)
{
    return json_pack("{s:O, s:O}", "sequence", json_object_get(entry, "sequence"), "command",
                     json_object_get(entry, "command"));
}

static void tell_command(const struct telling *t, struct known *k, const json_t *entry)
{
    int64_t sequence = json_int_or(entry, "sequence", 0);
    bool running = json_bool_or(entry, "running", false), is_new = sequence > k->sequence;
    double began = json_number_or(entry, "recorded_at", 0);
    char key[32];
    json_t *members;

    snprintf(key, sizeof(key), "%" PRId64, sequence);
    if (is_new) {
        k->sequence = sequence;
        if (t->events->began)
            tell(t, "exec_started", began, command_members(entry));
    }
    if (running) {
        json_object_set_new(k->running, key, json_true());
        return;
    }
    if (json_object_del(k->running, key) != 0 && !is_new)
        return;
    members = command_members(entry);
    json_object_set(members, "exit_code", json_object_get(entry, "exit_code"));
    json_object_set(members, "duration_ms", json_object_get(entry, "duration_ms"));
    json_object_set_new(members, "timed_out",
                        json_boolean(json_bool_or(entry, "timed_out", false)));
    if (t->events->began)
        tell(t, "exec_ended", began + json_number_or(entry, "duration_ms", 0) / 1000, members);
    else
        json_decref(members);
}

/* How many of the last ones may be news. */
static size_t count_of_interest(const struct known *k, const struct workspace_record *r)
{
    int64_t from = k->sequence + 1;
    const char *key;
    json_t *value;

    json_object_foreach (k->running, key, value) {
        int64_t sequence = strtoll(key, NULL, 10);
        from = sequence < from ? sequence : from;
    }
    from = r->command_count - from + 8; /* entries may be there before the record counts them */
    return from < 1 ? 1 : from > COMMANDS_MAX ? COMMANDS_MAX : (size_t)from;
}

static void look_at_commands(const struct telling *t, struct known *k)
{
    scoped_json json_t *list = NULL;

    if (t->w->record.command_count < k->sequence) { /* a reset begins again */
        k->sequence = 0;
        json_object_clear(k->running);
    }
    list = workspace_watch_commands(t->w, count_of_interest(k, &t->w->record));
    for (size_t i = json_array_size(list); i > 0; i--)
        tell_command(t, k, json_array_get(list, i - 1));
}

/* ---- the watch ---- */

static bool is_wanted(const struct workspace_events *e, const struct watched_workspace *w)
{
    const json_t *ids = e->spec->ids, *id;
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)ids, i, id)
        if (!strcmp(json_string_value(id), w->record.id))
            return true;
    return !ids;
}

static void tell_came(const struct telling *t)
{
    const struct workspace_record *r = &t->w->record;

    tell(t, "created", r->created_at, NULL);
    if (r->forked_from)
        tell(t, "forked", r->created_at, json_pack("{s:s}", "forked_from", r->forked_from));
}

/* Tells what has changed, unless it is paused. */
static void look(struct workspace_events *e, struct known *k)
{
    const struct telling t = { e, k->w };
    unsigned change = k->change;

    if (e->paused)
        return;
    k->change = 0;
    if (k->fresh)
        tell_came(&t);
    k->fresh = false;
    if (change & (WATCH_COMMANDS | WATCH_RECORD))
        look_at_commands(&t, k);
    if (change & (WATCH_RECORD | WATCH_SHELLS)) {
        json_t *now = state_of(k->w);
        tell_differences(&t, k->state, now);
        json_decref(k->state);
        k->state = now;
    }
}

/* Of a workspace that came while this ran, everything is told. */
static json_t *nothing_of(void)
{
    return json_pack("{s:i, s:n, s:n}", "reset_count", 0, "network_error", "attention");
}

static void events_on_added(void *arg, struct watched_workspace *w)
{
    struct workspace_events *e = arg;
    const struct telling t = { e, w };
    struct known *k;

    if (!is_wanted(e, w))
        return;
    k = calloc(1, sizeof(*k));
    BUG_ON(!k);
    *k = (struct known){ .next = e->known,
                         .w = w,
                         .change = WATCH_RECORD,
                         .fresh = e->began,
                         .state = e->began ? nothing_of() : state_of(w),
                         .running = json_object() };
    e->known = k;
    w->data = k;
    e->left++;
    if (!e->began && json_is_object(json_object_get(k->state, "attention")))
        tell_attention(&t, k->state);
    look(e, k);
}

static void events_on_changed(void *arg, struct watched_workspace *w, unsigned change)
{
    struct known *k = w->data;

    if (!k)
        return;
    k->change |= change;
    look(arg, k);
}

void workspace_events_pause(struct workspace_events *e, bool paused)
{
    e->paused = paused;
    for (struct known *k = e->known; k && !e->paused; k = k->next)
        if (k->change)
            look(e, k);
}

static void forget(struct workspace_events *e, struct known *k)
{
    struct known **at = &e->known;

    while (*at != k)
        at = &(*at)->next;
    *at = k->next;
    json_decref(k->state);
    json_decref(k->running);
    free(k);
}

static void events_on_removed(void *arg, struct watched_workspace *w)
{
    struct workspace_events *e = arg;
    const struct telling t = { e, w };

    if (!w->data)
        return;
    if (((const struct known *)w->data)->fresh)
        tell_came(&t);
    tell(&t, "deleted", 0, NULL);
    forget(e, w->data);
    w->data = NULL;
    if (!--e->left && e->spec->ids)
        e->spec->none_left(e->spec->arg);
}

static void events_on_trouble(void *arg, const struct pyro_error *why)
{
    struct workspace_events *e = arg;

    e->spec->trouble(e->spec->arg, why);
}

struct workspace_events *workspace_events_new(struct loop *loop,
                                              const struct workspace_events_spec *spec,
                                              struct pyro_error *err)
{
    static const struct workspace_watch_ops ops = { .added = events_on_added,
                                                    .changed = events_on_changed,
                                                    .removed = events_on_removed,
                                                    .trouble = events_on_trouble,
                                                    .recovery_program = "/proc/self/exe" };
    struct workspace_events *e = calloc(1, sizeof(*e));

    BUG_ON(!e);
    e->spec = spec;
    e->watch = workspace_watch_new(loop, &ops, e, err);
    if (!e->watch) {
        free(e);
        return NULL;
    }
    e->began = true;
    return e;
}

void workspace_events_free(struct workspace_events *e)
{
    if (!e)
        return;
    workspace_watch_free(e->watch);
    while (e->known)
        forget(e, e->known);
    free(e);
}
