/* engine/workspace/lifecycle.c: start, stop, update, delete. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/client/stopped.h"
#include "engine/secret/hide.h"
#include "engine/state/names.h"
#include "engine/state/record_change.h"
#include "engine/workspace/usage.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"
#include "vmm/find.h"

#define STOP_DEADLINE_MS 20000
#define SUSPEND_MS 120000     /* its memory may be large, and its disk slow */
#define SUSPEND_BUSY_MS 10000 /* for what is just ending */
#define CALL_DEADLINE_MS 10000
#define KILL_WAIT_MS 10000

/* ---- start, stop ---- */

/* Of one whose record says that it runs: waits for the end of a machine that is ending, or has died
 * without its supervisor having seen it. *ret_runs: whether it runs. */
static bool settle(const struct workspace_handle *o, bool *ret_runs, struct pyro_error *err)
{
    scoped_json json_t *request = json_pack("{s:s}", "op", "settle");
    int64_t deadline_ms = patience_until(STOP_DEADLINE_MS);
    struct pyro_error why = { 0 };
    scoped_json json_t *view = supervisor_call(o, MACHINE_AS_IT_IS, request, deadline_ms, &why);

    *ret_runs =
        view && !strcmp(json_string_or(view, "state", ""), workspace_state_name(WORKSPACE_STARTED));
    if (!view && why.code != PYRO_WORKSPACE_STATE && why.code != PYRO_GUEST_LOST)
        return pyro_copy(err, &why);
    /* Its supervisor may have been killed meanwhile. */
    return view || workspace_recover(o, err);
}

json_t *workspace_start(const char *ref, const struct progress *progress, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_record struct workspace_record r = { 0 };
    struct pyro_error why = { 0 };
    bool runs;

    if (!workspace_open(ref, &o, err) || !workspace_recover(&o, err) ||
        !record_load(o.dir_fd, o.id, &r, err))
        return NULL;
    runs = r.state == WORKSPACE_STARTED;
    if (runs && !settle(&o, &runs, err))
        return NULL;
    if (runs || workspace_start_stopped(&o, false, progress, &why))
        return workspace_view(&o, err);
    /* Another start may have been faster. */
    if (why.code == PYRO_WORKSPACE_BUSY && record_state(o.dir_fd, o.id) == WORKSPACE_STARTED)
        return workspace_view(&o, err);
    return pyro_copy(err, &why);
}

/* Ends the machine; true too when none runs. */
static bool stop_running(const struct workspace_handle *o, bool force, struct pyro_error *err)
{
    scoped_json json_t *request = json_pack("{s:s, s:b}", "op", "stop", "force", force);
    int64_t deadline_ms = clock_ms() + STOP_DEADLINE_MS;
    struct pyro_error why = { 0 };

    /* A supervisor that is lost on the way has ended by itself, or was killed: then its successor
     * is asked. */
    do {
        scoped_json json_t *result = NULL;
        if (!workspace_recover(o, err))
            return false;
        why = (struct pyro_error){ 0 };
        result = supervisor_call(o, MACHINE_AS_IT_IS, request, deadline_ms, &why);
        if (result || why.code == PYRO_WORKSPACE_STATE || why.code == PYRO_RECORD_INVALID)
            return true;
    } while (why.code == PYRO_GUEST_LOST && clock_ms() < deadline_ms);
    return pyro_copy(err, &why);
}

/* Of a suspended one: what runs in it ends, and its memory is dropped. */
static bool drop_suspended(const struct workspace_handle *o, struct pyro_error *err)
{
    int lock = -1;

    if (record_state(o->dir_fd, o->id) != WORKSPACE_SUSPENDED)
        return true;
    lock = workspace_lock_stopped(o, err);
    return lock >= 0 && supervisor_start(o, lock, SUPERVISE_DROP, NULL, err);
}

json_t *workspace_stop(const char *ref, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_record struct workspace_record r = { 0 };

    if (!workspace_open(ref, &o, err) || !record_load(o.dir_fd, o.id, &r, err))
        return NULL;
    if (r.spare) {
        record_fail_spare(o.id, err);
        return NULL;
    }
    if (!stop_running(&o, false, err) || !drop_suspended(&o, err))
        return NULL;
    if (!r.ephemeral)
        return workspace_view(&o, err);
    /* Its supervisor removes it: what it was is all there is to show. */
    r.state = WORKSPACE_STOPPED;
    return record_to_view(&r);
}

json_t *workspace_suspend(const char *ref, struct pyro_error *err)
{
    scoped_json json_t *request = json_pack("{s:s, s:s}", "op", "memory", "do", "suspend");
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    int64_t until_ms = clock_ms() + SUSPEND_BUSY_MS;
    struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
    struct pyro_error why = { 0 };

    if (!workspace_open(ref, &o, err) || !workspace_recover(&o, err))
        return NULL;
    for (;;) {
        scoped_json json_t *result = NULL;
        why = (struct pyro_error){ 0 };
        result = supervisor_call(&o, MACHINE_AS_IT_IS, request, patience_until(SUSPEND_MS), &why);
        if (result || record_state(o.dir_fd, o.id) == WORKSPACE_SUSPENDED)
            return workspace_view(&o, err);
        if (why.code != PYRO_WORKSPACE_BUSY || clock_ms() > until_ms)
            return pyro_copy(err, &why);
        nanosleep(&pause, NULL);
    }
}

/* ---- update ---- */

static json_t *change_to_json(const struct workspace_change *change)
{
    json_t *j = json_object();

    if (change->name)
        json_object_set_new(j, "name", json_string(change->name));
    else if (change->clear_name)
        json_object_set_new(j, "name", json_null());
    if (change->labels)
        json_object_set(j, "labels", change->labels);
    if (change->clear_labels)
        json_object_set(j, "clear_labels", change->clear_labels);
    if (change->suspend_after_idle >= 0)
        json_object_set_new(j, "suspend_after_idle", json_integer(change->suspend_after_idle));
    if (change->acknowledge)
        json_object_set(j, "acknowledge", change->acknowledge);
    return j;
}

static json_t *save_change(const struct workspace_handle *o, const json_t *change,
                           int64_t vcpu_count, int64_t mem_mib, struct pyro_error *err)
{
    scoped_record struct workspace_record r = { 0 };

    if (!record_load(o->dir_fd, o->id, &r, err) || !workspace_apply_change(&r, change, err))
        return NULL;
    r.vcpu_count = vcpu_count ? vcpu_count : r.vcpu_count;
    r.mem_mib = mem_mib ? mem_mib : r.mem_mib;
    return record_save(o->dir_fd, &r, true, err) ? record_to_view(&r) : NULL;
}

static json_t *update_stopped(const struct workspace_handle *o, const json_t *change,
                              struct pyro_error *err)
{
    scoped_close int lock = workspace_lock_stopped(o, err);

    return lock < 0 ? NULL : save_change(o, change, 0, 0, err);
}

/* Its supervisor is not asked: a machine that runs keeps its size. */
static json_t *resize_stopped(const struct workspace_handle *o, const json_t *change,
                              int64_t vcpu_count, int64_t mem_mib, struct pyro_error *err)
{
    scoped_close int lock = workspace_require_stopped(o, err);

    return lock < 0 ? NULL : save_change(o, change, vcpu_count, mem_mib, err);
}

/* Whether it runs may change between the check and the action. */
static json_t *update_any(const struct workspace_handle *o, const json_t *request,
                          struct pyro_error *err)
{
    int64_t deadline_ms = clock_ms() + CALL_DEADLINE_MS;
    struct pyro_error why = { 0 };
    json_t *view;

    do {
        why = (struct pyro_error){ 0 };
        view = supervisor_call(o, MACHINE_AS_IT_IS, request, deadline_ms, &why);
        if (!view && why.code == PYRO_WORKSPACE_STATE)
            view = update_stopped(o, request, &why);
    } while (!view && why.code == PYRO_WORKSPACE_BUSY && clock_ms() < deadline_ms);
    return view ? view : pyro_copy(err, &why);
}

json_t *workspace_update(const char *ref, const struct workspace_change *change,
                         struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_json json_t *request = change_to_json(change);
    scoped_close int names = -1;
    scoped_redactor *redactor = NULL;

    if (change->name && !workspace_check_name("name", change->name, err))
        return NULL;
    if (change->suspend_after_idle > 0 &&
        !workspace_check_suspend_after_idle(change->suspend_after_idle, err))
        return NULL;
    if (!workspace_open(ref, &o, err) || (names = store_lock(&o.store, err)) < 0)
        return NULL;
    if (change->name && !store_check_name_free(&o.store, change->name, o.id, err))
        return NULL;
    if (!secrets_redactor_of(o.dir_fd, &redactor, err))
        return NULL;
    if (change->labels)
        json_object_set_new(request, "labels", hide_in_copy(redactor, change->labels));
    json_object_set_new(request, "op", json_string("update"));
    return change->vcpu_count || change->mem_mib
               ? resize_stopped(&o, request, change->vcpu_count, change->mem_mib, err)
               : update_any(&o, request, err);
}

/* ---- delete ---- */

struct silent {
    const char *id;
    bool killed;
};

static void lifecycle_on_supervisor(void *arg, const char *id, struct usage_process supervisor)
{
    struct silent *silent = arg;
    scoped_close int pidfd =
        strcmp(id, silent->id) ? -1 : proc_open(supervisor.pid, supervisor.start_time);

    if (pidfd >= 0 && proc_signal_fd(pidfd, SIGKILL))
        silent->killed = proc_wait_fd(pidfd, clock_ms() + KILL_WAIT_MS);
}

/* A supervisor that does not answer, because a signal has stopped it or for a fault of its own, is
 * killed: its successor answers. */
static bool end_running(const struct workspace_handle *o, struct pyro_error *err)
{
    struct silent silent = { .id = o->id };
    struct pyro_error why = { 0 };

    if (stop_running(o, true, &why))
        return true;
    if (why.code == PYRO_TIMEOUT)
        usage_each_supervisor(lifecycle_on_supervisor, &silent);
    if (!silent.killed)
        return pyro_copy(err, &why);
    return stop_running(o, true, err);
}

/* What ends with its machine, a spare for one, is removed by its supervisor. */
static bool is_removed(const struct workspace_handle *o, const struct workspace_record *r)
{
    return r->ephemeral && faccessat(o->store.fd, o->id, F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
           errno == ENOENT;
}

json_t *workspace_delete(const char *ref, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_close int lock = -1;
    struct pyro_error why = { 0 };
    scoped_record struct workspace_record r = { 0 };

    if (!workspace_open(ref, &o, err))
        return NULL;
    record_load_any(o.dir_fd, o.id, &r);
    if (r.newer) {
        pyro_fail(err, PYRO_RECORD_INVALID, "%s", r.last_error);
        return pyro_hint(err, "delete it with the pyro that made it, or a newer one");
    }
    if (!end_running(&o, err))
        return NULL;
    lock = workspace_lock_stopped(&o, &why);
    if (lock < 0 && !is_removed(&o, &r))
        return pyro_copy(err, &why);
    vm_kill_leftover(o.dir_fd, o.id); /* a start and its supervisor may have been killed */
    if (lock >= 0 && !store_remove(&o.store, o.id, err))
        return NULL;
    return json_pack("{s:s, s:b}", "workspace_id", o.id, "deleted", true);
}
