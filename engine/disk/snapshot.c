/*
 * engine/disk/snapshot.c: snapshots and resets as a client of the workspace's supervisor or, for a
 * stopped workspace, as the holder of its lock.
 */
#include "engine/disk/snapshot.h"

#include <sys/socket.h>
#include <time.h>

#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/client/stopped.h"
#include "engine/environment/boot.h"
#include "engine/state/memory_files.h"
#include "engine/state/paths.h"
#include "engine/state/reset.h"
#include "engine/state/timeline.h"
#include "vmm/base/fs.h"
#include "vmm/ram.h"
#include "vmm/saved.h"

#define CALL_MS 200000 /* longer than the supervisor gives the guest */
#define RETRY_MS 30000 /* while others use the disk, or supervisors die */

static json_t *describe(int dirfd, const char *name, uint32_t layer, double created_at,
                        bool is_baseline)
{
    return json_pack("{s:s, s:s, s:f, s:I, s:n, s:b}", "snapshot_name", name, "kind",
                     is_baseline ? "baseline" : "named", "created_at", created_at, "bytes_written",
                     (json_int_t)disk_layer_bytes(dirfd, layer), "memory_bytes", "deletable",
                     !is_baseline);
}

static json_t *describe_named(int dirfd, const struct disk_snapshot *s)
{
    json_t *view = describe(dirfd, s->name, s->layer, s->created_at, false);
    scoped_close int memory = s->memory ? memory_open(dirfd, s->name, NULL) : -1;

    if (memory >= 0) {
        json_object_set_new(view, "kind", json_string("memory"));
        json_object_set_new(view, "memory_bytes", json_integer((json_int_t)saved_bytes(memory)));
    }
    return view;
}

/* ---- done by the process that holds the workspace ---- */

/* An operation on a disk. */
struct job {
    const char *what;    /* the supervisor's name for it; NULL: a reset */
    const char *name;    /* the snapshot's */
    bool memory;         /* with the machine's */
    int64_t reset_count; /* before a reset */
    /* Does it as the holder of the lock; the record is loaded, and saved here. */
    bool (*when_stopped)(const struct workspace_handle *o, struct workspace_record *r,
                         const struct job *job, struct pyro_error *err);
    /* Whether the record says that it is done. */
    bool (*done)(const struct workspace_record *r, const struct job *job);
};

static bool do_stopped(const struct workspace_handle *o, const struct job *job,
                       struct pyro_error *err)
{
    scoped_close int lock = workspace_lock_stopped(o, err);
    scoped_record struct workspace_record r = { 0 };

    if (lock < 0 || !record_load(o->dir_fd, o->id, &r, err))
        return false;
    if (r.state == WORKSPACE_STARTED) /* its supervisor has just died */
        return pyro_fail(err, PYRO_WORKSPACE_BUSY, "workspace '%s' is being started", o->id);
    if (!workspace_check_unsuspended(o, r.state, err))
        return false;
    if (r.host_compat)
        return pyro_fail(err, PYRO_WORKSPACE_STATE,
                         "workspace '%s' has no disk: it runs on the host", o->id);
    return job->when_stopped(o, &r, job, err);
}

static bool is_running(const struct workspace_handle *o)
{
    enum workspace_state state = record_state(o->dir_fd, o->id);

    return state == WORKSPACE_STARTED || state == WORKSPACE_CREATED;
}

static bool is_done(const struct workspace_handle *o, const struct job *job)
{
    scoped_record struct workspace_record r = { 0 };

    record_load_any(o->dir_fd, o->id, &r);
    return !r.broken && job->done(&r, job);
}

static json_t *request_of(const struct job *job, struct pyro_error *err)
{
    json_t *request = job->what
                          ? json_pack("{s:s, s:s, s:s}", "op", job->memory ? "memory" : "disk",
                                      "do", job->what, "name", job->name)
                          : json_pack("{s:s, s:s, s:b}", "op", "reset", "snapshot", job->name,
                                      "memory", job->memory);

    if (!request)
        pyro_fail(err, PYRO_INVALID_ARGUMENT, "the snapshot's name is not UTF-8");
    return request;
}

/*
 * Asks the supervisor to do it, or does it: whether the workspace runs may change between the check
 * and the action, and a supervisor may be killed on the way, before or after it has done it.
 */
static bool do_either(const struct workspace_handle *o, const struct job *job, json_t **ret_result,
                      struct pyro_error *err)
{
    scoped_json json_t *request = request_of(job, err);
    int64_t retry_until_ms = clock_ms() + RETRY_MS;
    struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

    if (!request)
        return false;
    for (;;) {
        scoped_json json_t *result = NULL;
        struct pyro_error why = { 0 };
        bool again;
        if (!workspace_recover(o, err))
            return false;
        if (is_running(o)) {
            result = supervisor_call(o, MACHINE_AS_IT_IS, request, clock_ms() + CALL_MS, &why);
            if (result && ret_result)
                *ret_result = json_incref(result);
            if (result || (why.code == PYRO_GUEST_LOST && is_done(o, job)))
                return true;
            again = why.code == PYRO_WORKSPACE_BUSY || why.code == PYRO_GUEST_LOST ||
                    (why.code == PYRO_WORKSPACE_STATE && !is_running(o));
        } else {
            if (do_stopped(o, job, &why))
                return true;
            again = why.code == PYRO_WORKSPACE_BUSY;
        }
        if (!again || clock_ms() > retry_until_ms)
            return pyro_copy(err, &why);
        nanosleep(&pause, NULL);
    }
}

/* ---- snapshots ---- */

static bool snapshot_is_there(const struct workspace_record *r, const struct job *job)
{
    return disk_layers_find(&r->disk, job->name) != NULL;
}

static bool snapshot_is_gone(const struct workspace_record *r, const struct job *job)
{
    return !snapshot_is_there(r, job);
}

/* A new active layer on that of a disk that nobody writes to, which becomes read-only. */
static bool push_stopped(const struct workspace_handle *o, struct workspace_record *r,
                         struct pyro_error *err)
{
    struct disk_layer base = { .path = r->base_path, .format = DISK_RAW };
    uint64_t size;

    return disk_virtual_size(&base, &size, err) &&
           disk_layers_push(o->dir_fd, &r->disk, r->disk.active, size, err);
}

/* The layer that holds all of the disk; its successor is made, and saved with the record, if there is
 * anything in it. */
static bool freeze_stopped(const struct workspace_handle *o, struct workspace_record *r,
                           uint32_t *ret_layer, struct pyro_error *err)
{
    uint32_t active = r->disk.active;
    char file[32];

    disk_layer_file(active, file);
    *ret_layer = active;
    if (!disk_is_untouched(o->dir_fd, file))
        return push_stopped(o, r, err);
    *ret_layer = disk_layers_parent(&r->disk, active); /* nothing since the last one */
    return true;
}

bool snapshot_freeze_stopped(const struct workspace_handle *o, struct workspace_record *r,
                             uint32_t *ret_layer, struct pyro_error *err)
{
    uint32_t active = r->disk.active;

    if (!freeze_stopped(o, r, ret_layer, err))
        return false;
    if (record_save(o->dir_fd, r, true, err))
        return true;
    disk_layers_undo_push(o->dir_fd, &r->disk, active);
    return false;
}

static bool snapshot_name_stopped(const struct workspace_handle *o, struct workspace_record *r,
                                  const struct job *job, struct pyro_error *err)
{
    uint32_t active = r->disk.active, below;

    if (!disk_layers_check_new(&r->disk, job->name, err) || !freeze_stopped(o, r, &below, err))
        return false;
    r->last_activity_at = clock_wall();
    disk_layers_name(&r->disk, job->name, below, clock_wall());
    if (record_save(o->dir_fd, r, true, err)) {
        timeline_add(o->dir_fd,
                     TIMELINE_ENTRY(TIMELINE_SNAPSHOT, .id = job->name, .state = "created"));
        return true;
    }
    disk_layers_undo_push(o->dir_fd, &r->disk, active);
    return false;
}

static bool snapshot_refuse_memory(const struct workspace_handle *o,
                                   struct workspace_record *r UNUSED, const struct job *job UNUSED,
                                   struct pyro_error *err)
{
    pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' does not run: it has no memory", o->id);
    return pyro_hint(err, "start it first, or leave out --memory");
}

/* What is in the guest's memory cannot be taken out of it again. */
static bool check_secrets(const struct workspace_handle *o, struct pyro_error *err)
{
    scoped_record struct workspace_record r = { 0 };

    if (!record_load(o->dir_fd, o->id, &r, err))
        return false;
    if (!json_array_size(r.secrets))
        return true;
    pyro_fail(err, PYRO_SNAPSHOT_STATE,
              "workspace '%s' has secrets, whose values are in its memory", o->id);
    return pyro_hint(err, "leave out --memory, or --forget-secrets");
}

json_t *snapshot_create(const char *ref, const char *name, struct snapshot_extent extent,
                        struct pyro_error *err)
{
    bool memory = extent.memory;
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct job job = { .what = "snapshot",
                       .name = name,
                       .memory = memory,
                       .when_stopped = memory ? snapshot_refuse_memory : snapshot_name_stopped,
                       .done = snapshot_is_there };
    const struct disk_snapshot *made;
    scoped_record struct workspace_record r = { 0 };
    scoped_json json_t *result = NULL;
    json_t *view = NULL;

    if (!workspace_open(ref, &o, err) ||
        (memory && extent.forget_secrets && !check_secrets(&o, err)) ||
        !do_either(&o, &job, &result, err) || !record_load(o.dir_fd, o.id, &r, err))
        return NULL;
    made = disk_layers_find(&r.disk, name);
    if (made)
        view = describe_named(o.dir_fd, made);
    else
        pyro_fail(err, PYRO_SNAPSHOT_NOT_FOUND, "snapshot '%s' has just been deleted", name);
    if (view)
        json_object_set_new(view, "workspace_id", json_string(o.id));
    if (view)
        json_object_set_new(view, "pause_ms",
                            memory && result
                                ? json_real((double)json_int_or(result, "pause_us", 0) / 1000)
                                : json_null());
    return view;
}

json_t *snapshot_list(const char *ref, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_record struct workspace_record r = { 0 };
    json_t *list;

    if (!workspace_open(ref, &o, err) || !record_load(o.dir_fd, o.id, &r, err))
        return NULL;
    list = json_array();
    json_array_append_new(list, describe(o.dir_fd, SNAPSHOT_BASELINE, r.disk.baseline,
                                         r.disk.baseline_at > 0 ? r.disk.baseline_at : r.created_at,
                                         true));
    for (size_t i = 0; i < r.disk.snapshot_count; i++)
        json_array_append_new(list, describe_named(o.dir_fd, &r.disk.snapshots[i]));
    return json_pack("{s:s, s:i, s:o}", "workspace_id", o.id, "count", (int)json_array_size(list),
                     "snapshots", list);
}

static bool snapshot_delete_stopped(const struct workspace_handle *o, struct workspace_record *r,
                                    const struct job *job, struct pyro_error *err)
{
    if (!disk_layers_unname(&r->disk, job->name, err))
        return false;
    disk_layers_collect(&r->disk);
    r->last_activity_at = clock_wall();
    if (!record_save(o->dir_fd, r, true, err))
        return false;
    timeline_add(o->dir_fd, TIMELINE_ENTRY(TIMELINE_SNAPSHOT, .id = job->name, .state = "deleted"));
    disk_layers_sweep(o->dir_fd, &r->disk);
    memory_sweep(o->dir_fd, &r->disk);
    return true;
}

json_t *snapshot_delete(const char *ref, const char *name, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct job job = { .what = "delete",
                       .name = name,
                       .when_stopped = snapshot_delete_stopped,
                       .done = snapshot_is_gone };

    if (!workspace_open(ref, &o, err) || !do_either(&o, &job, NULL, err))
        return NULL;
    return json_pack("{s:s, s:s, s:b}", "workspace_id", o.id, "snapshot_name", name, "deleted",
                     true);
}

bool workspace_seal_baseline(const struct workspace_handle *w, struct pyro_error *err)
{
    scoped_json json_t *request = json_pack("{s:s, s:s}", "op", "disk", "do", "seal");
    scoped_json json_t *result =
        supervisor_call(w, MACHINE_AS_IT_IS, request, clock_ms() + CALL_MS, err);

    return result != NULL;
}

/* ---- reset ---- */

static bool snapshot_reset_stopped(const struct workspace_handle *o, struct workspace_record *r,
                                   const struct job *job, struct pyro_error *err)
{
    if (!disk_reset_commit(o->dir_fd, r, job->name, job->memory, err))
        return false;
    /* From here on it is reset: anything that cannot be cleaned up now is left to the start. */
    return disk_reset_finish(o->dir_fd, r, err) && record_save(o->dir_fd, r, true, err);
}

static bool snapshot_was_reset(const struct workspace_record *r, const struct job *job)
{
    return r->reset_count > job->reset_count;
}

/* The memory that the workspace's machine is a copy of: the next one usually wants the same, and
 * loading it again would take longer than anything else. -1: not available. */
static int hold_ram(const struct workspace_handle *o)
{
    scoped_close int fd = -1;
    struct pyro_error ignored;
    struct ucred peer;
    socklen_t n = sizeof(peer);

    if (!is_running(o))
        return -1;
    fd = supervisor_connect(o, MACHINE_AS_IT_IS, &ignored);
    if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
        return -1;
    return ram_hold_from(peer.pid);
}

/* Starts the machine on its new disk; another process may be faster. */
static bool start_again(const struct workspace_handle *o, const struct progress *progress,
                        struct pyro_error *err)
{
    struct pyro_error why = { 0 };

    if (!workspace_recover(o, err))
        return false;
    if (is_running(o) || workspace_start_stopped(o, false, progress, &why) ||
        (why.code == PYRO_WORKSPACE_BUSY && is_running(o)))
        return true;
    pyro_copy(err, &why);
    return pyro_wrap(err, "it is reset, and could not be started");
}

/* Whether a reset brings the memory of its snapshot back; it must be usable then, before anything is
 * lost. */
static bool choose_memory(const struct workspace_handle *o, const struct workspace_record *r,
                          struct job *job, struct pyro_error *err)
{
    const struct disk_snapshot *s = disk_layers_find(&r->disk, job->name);
    scoped_close int dir = -1;
    scoped_free char *cache_dir = NULL;
    struct saved_host host = { .guest = boot_guest_digest(),
                               .vcpu_count = r->vcpu_count,
                               .mem_mib = r->mem_mib };

    if (!s || !s->memory)
        return true;
    job->memory = true;
    host.cache_dir = cache_dir = paths_cache(err);
    if (cache_dir && (dir = memory_open(o->dir_fd, s->name, err)) >= 0 &&
        saved_check(dir, &host, err))
        return true;
    return pyro_hint(err,
                     "reset to its disk alone with --disk-only: the machine is booted from it");
}

json_t *workspace_reset(const char *ref, const char *snapshot, bool disk_only,
                        const struct progress *progress, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct job job = { .name = snapshot,
                       .when_stopped = snapshot_reset_stopped,
                       .done = snapshot_was_reset };
    scoped_close int ram_fd = -1;
    scoped_record struct workspace_record r = { 0 };

    if (!workspace_open(ref, &o, err) || !record_load(o.dir_fd, o.id, &r, err))
        return NULL;
    job.reset_count = r.reset_count;
    if (!disk_only && !choose_memory(&o, &r, &job, err))
        return NULL;
    ram_fd = hold_ram(&o);
    if (!do_either(&o, &job, NULL, err) || !start_again(&o, progress, err))
        return NULL;
    return workspace_view(&o, err);
}
