/* engine/workspace/lifecycle.c: create, start, stop, update, delete. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/state/base.h"
#include "engine/environment/boot.h"
#include "engine/environment/environment.h"
#include "engine/environment/pull.h"
#include "engine/secret/hide.h"
#include "engine/state/names.h"
#include "engine/tree/seed.h"
#include "engine/workspace/attach.h"
#include "engine/workspace/lifecycle.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/fs.h"
#include "vmm/disk.h"
#include "vmm/find.h"

#define STOP_DEADLINE_MS 20000
#define CALL_DEADLINE_MS 10000

/* ---- create ---- */

/* Opens the environment, pulling it first when it is not installed. */
static bool ensure_environment(const char *name, const struct progress *progress,
                               struct environment *ret, struct pyro_error *err)
{
    struct pyro_error why = { 0 };

    if (environment_open(name, ret, &why))
        return true;
    if (why.code != PYRO_ENVIRONMENT_NOT_FOUND || why.sys_errno != ENOENT) {
        *err = why;
        return false;
    }
    return environment_pull(name, progress, err) && environment_open(name, ret, err);
}

static bool fill_record(const struct workspace_spec *spec, bool ephemeral, bool on_host,
                        struct workspace_record *r, struct pyro_error *err)
{
    scoped_json json_t *change = json_object();
    scoped_redactor *redactor = NULL;

    record_init(r);
    if (spec->name)
        json_object_set_new(change, "name", json_string(spec->name));
    if (spec->secrets && !secrets_redactor(spec->secrets, &redactor, err))
        return false;
    if (spec->labels)
        json_object_set_new(change, "labels", hide_in_copy(redactor, spec->labels));
    record_set_string(&r->environment, spec->environment);
    r->vcpu_count = spec->vcpu_count;
    r->mem_mib = spec->mem_mib;
    r->ttl_seconds = spec->ttl_seconds;
    r->network_policy = spec->network_policy;
    r->ephemeral = ephemeral;
    r->throw_away = ephemeral && !spec->seed_path; /* a seeded one may be kept */
    r->host_compat = on_host;
    if (spec->secrets && spec->secrets->count)
        r->secrets = secrets_describe(spec->secrets);
    return workspace_apply_change(r, change, err);
}

/* What the VM stands on: environment, kernel, an empty disk of its own. */
static bool prepare_disk(struct workspace_record *r, int dir_fd, const struct environment *e,
                         struct pyro_error *err)
{
    scoped_close int bases = base_lock(err);
    scoped_free char *base = NULL;

    /* What ends with its holder need not outlive the cache: no copy is made for it. */
    if (bases >= 0)
        base = r->throw_away ? str_printf("%s", e->base_path)
                             : base_keep(e->base_path, e->digest, err);
    if (!base)
        return false;
    record_set_string(&r->environment_digest, e->digest);
    record_set_string(&r->base_path, base);
    return disk_layer_create(dir_fd, r->disk.active, (uint64_t)e->image_bytes, err) &&
           record_save(dir_fd, r, false, err);
}

/* Removes what a failed create made. Its supervisor, if there was one, has ended: the lock is free
 * or soon is. One that runs on all the same keeps the workspace. */
static void undo_create(const struct store *store, const char *id, int dir_fd)
{
    const struct timespec rest = { .tv_nsec = 5 * 1000 * 1000 };
    int64_t deadline_ms = clock_ms() + STOP_DEADLINE_MS;
    scoped_close int lock = -1;

    while ((lock = fs_lock(dir_fd, "lock", false, NULL)) < 0 && errno == EWOULDBLOCK &&
           clock_ms() < deadline_ms)
        nanosleep(&rest, NULL);
    if (lock >= 0 && !store_remove(store, id, NULL))
        store_sweep(store);
}

static bool create_in(const struct store *store, const struct workspace_spec *spec,
                      struct workspace_record *r, const struct environment *e,
                      const struct progress *progress, struct pyro_error *err)
{
    struct workspace_record started;
    scoped_close int dir_fd = -1, lock_fd = -1;
    bool ok;

    if (!store_make(store, r, &dir_fd, &lock_fd, err))
        return false;
    ok = (!spec->secrets || secrets_store(spec->secrets, dir_fd, err)) &&
         (!e || prepare_disk(r, dir_fd, e, err)) &&
         supervisor_start(dir_fd, r->id, take_fd(&lock_fd), SUPERVISE_FRESH, progress, err);
    if (!ok) {
        if (lock_fd >= 0)
            close(take_fd(&lock_fd));
        undo_create(store, r->id, dir_fd);
        return false;
    }
    if (!record_load(dir_fd, r->id, &started, err))
        return false;
    record_release(r);
    *r = started; /* as its supervisor has written it by now */
    return true;
}

static bool create_vm(const struct store *store, const struct workspace_spec *spec,
                      struct workspace_record *r, const struct progress *progress,
                      struct pyro_error *err)
{
    struct environment environment = { 0 };
    struct boot_files boot = { 0 };
    bool ok = ensure_environment(r->environment, progress, &environment, err) &&
              boot_files_ensure(progress, &boot, err) &&
              create_in(store, spec, r, &environment, progress, err);

    boot_files_release(&boot);
    environment_release(&environment);
    return ok;
}

/* Whether running on the host would help where this failed. */
static bool lacks_vm(enum pyro_code code)
{
    return code == PYRO_DEPENDENCY_MISSING || code == PYRO_VM_FAILED || code == PYRO_PULL_FAILED ||
           code == PYRO_GUEST_ERROR || code == PYRO_GUEST_LOST;
}

bool workspace_make(const struct workspace_spec *spec, bool ephemeral,
                    const struct progress *progress, struct workspace_record *ret,
                    struct pyro_error *err)
{
    scoped_store struct store store = { .fd = -1 };
    struct workspace_record r = { 0 };
    struct pyro_error why = { 0 };
    bool ok;

    if (!store_open(&store, err))
        return false;
    store_sweep(&store);
    ok = fill_record(spec, ephemeral, false, &r, &why) &&
         create_vm(&store, spec, &r, progress, &why);
    if (!ok && spec->allow_host_compat && lacks_vm(why.code)) {
        record_release(&r);
        ok = fill_record(spec, ephemeral, true, &r, &why) &&
             create_in(&store, spec, &r, NULL, progress, &why);
    }
    if (!ok) {
        record_release(&r);
        if (err)
            *err = why;
        return false;
    }
    *ret = r;
    return true;
}

json_t *workspace_create(const struct workspace_spec *spec, const struct progress *progress,
                         struct pyro_error *err)
{
    struct workspace_record r;
    json_t *view;

    if (spec->seed_path)
        return workspace_create_seeded(spec, progress, err);
    if (!workspace_make(spec, false, progress, &r, err))
        return NULL;
    view = record_to_view(&r);
    record_release(&r);
    return view;
}

/* ---- a workspace by reference ---- */

bool workspace_open(const char *ref, struct opened *ret, struct pyro_error *err)
{
    struct opened o = { .store = { .fd = -1 }, .dir_fd = -1 };

    if (!store_open(&o.store, err))
        return false;
    if (store_resolve(&o.store, ref, o.id, err))
        o.dir_fd = store_open_workspace(&o.store, o.id, err);
    if (o.dir_fd < 0) {
        store_release(&o.store);
        return false;
    }
    *ret = o;
    return true;
}

void workspace_opened_release(struct opened *o)
{
    if (o->dir_fd >= 0)
        close(take_fd(&o->dir_fd));
    store_release(&o->store);
}

json_t *workspace_view(const struct opened *o, struct pyro_error *err)
{
    struct workspace_record r;
    json_t *view;

    if (!workspace_settle(o->dir_fd, o->id, err))
        return NULL;
    record_load_any(o->dir_fd, o->id, &r);
    view = record_to_view(&r);
    record_release(&r);
    return view;
}

/* ---- start, stop ---- */

static bool is_recorded_started(const struct opened *o)
{
    struct workspace_record r;
    bool started;

    record_load_any(o->dir_fd, o->id, &r);
    started = r.state == WORKSPACE_STARTED;
    record_release(&r);
    return started;
}

/* Waits for the lock of a workspace at rest; a holder that ends it lets go soon, and one that
 * starts it keeps it: then PYRO_WORKSPACE_BUSY. */
int workspace_lock_resting(const struct opened *o, struct pyro_error *err)
{
    int64_t deadline = clock_ms() + CALL_DEADLINE_MS;
    struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };
    int fd;

    while ((fd = fs_lock(o->dir_fd, "lock", false, err)) < 0 && errno == EWOULDBLOCK &&
           clock_ms() < deadline && !is_recorded_started(o))
        nanosleep(&pause, NULL);
    if (fd < 0 && err && err->code == PYRO_WORKSPACE_BUSY)
        pyro_fail(err, PYRO_WORKSPACE_BUSY, "workspace '%s' is held by another pyro", o->id);
    if (fd >= 0 && faccessat(o->store.fd, o->id, F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
        close(fd);
        pyro_fail(err, PYRO_WORKSPACE_NOT_FOUND, "workspace '%s' has just been deleted", o->id);
        return -1;
    }
    return fd;
}

static bool refuse_broken(const struct opened *o, struct workspace_record *r,
                          struct pyro_error *err)
{
    return record_load(o->dir_fd, o->id, r, err);
}

bool workspace_start_resting(const struct opened *o, const struct progress *progress,
                             struct pyro_error *err)
{
    scoped_close int lock = workspace_lock_resting(o, err);
    struct workspace_record r;
    bool started, used;

    if (lock < 0 || !refuse_broken(o, &r, err))
        return false;
    started = r.state == WORKSPACE_STARTED;
    used = r.used;
    record_release(&r);
    if (started) /* its supervisor died just now */
        return supervisor_start(o->dir_fd, o->id, take_fd(&lock), SUPERVISE_ADOPT, progress, err);
    return supervisor_start(o->dir_fd, o->id, take_fd(&lock),
                            used ? SUPERVISE_RESTART : SUPERVISE_FRESH, progress, err);
}

json_t *workspace_start(const char *ref, const struct progress *progress, struct pyro_error *err)
{
    scoped_opened struct opened o = OPENED_INIT;
    struct workspace_record r;
    bool started;

    if (!workspace_open(ref, &o, err) || !workspace_settle(o.dir_fd, o.id, err) ||
        !refuse_broken(&o, &r, err))
        return NULL;
    started = r.state == WORKSPACE_STARTED;
    record_release(&r);
    if (!started && !workspace_start_resting(&o, progress, err)) {
        /* Another start may have been quicker. */
        if (!err || err->code != PYRO_WORKSPACE_BUSY || !record_load(o.dir_fd, o.id, &r, err))
            return NULL;
        started = r.state == WORKSPACE_STARTED;
        record_release(&r);
        if (!started)
            return NULL;
    }
    return workspace_view(&o, err);
}

/* Ends what runs; true too when nothing does. */
static bool stop_running(const struct opened *o, bool force, struct pyro_error *err)
{
    scoped_json json_t *request = json_pack("{s:s, s:b}", "op", "stop", "force", force);
    int64_t deadline_ms = clock_ms() + STOP_DEADLINE_MS;
    struct pyro_error why = { 0 };

    /* A supervisor that is lost on the way has ended by itself, or was killed: then its successor
     * is asked. */
    do {
        scoped_json json_t *result = NULL;
        if (!workspace_settle(o->dir_fd, o->id, err))
            return false;
        why = (struct pyro_error){ 0 };
        result = supervisor_call(o->dir_fd, o->id, request, deadline_ms, &why);
        if (result || why.code == PYRO_WORKSPACE_STATE || why.code == PYRO_RECORD_INVALID)
            return true;
    } while (why.code == PYRO_GUEST_LOST && clock_ms() < deadline_ms);
    *err = why;
    return false;
}

json_t *workspace_stop(const char *ref, struct pyro_error *err)
{
    scoped_opened struct opened o = OPENED_INIT;
    struct workspace_record r;

    if (!workspace_open(ref, &o, err) || !refuse_broken(&o, &r, err))
        return NULL;
    record_release(&r);
    if (!stop_running(&o, false, err))
        return NULL;
    return workspace_view(&o, err);
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
    return j;
}

static json_t *update_resting(const struct opened *o, const json_t *change, struct pyro_error *err)
{
    scoped_close int lock = workspace_lock_resting(o, err);
    struct workspace_record r;
    json_t *view = NULL;

    if (lock < 0 || !refuse_broken(o, &r, err))
        return NULL;
    if (workspace_apply_change(&r, change, err)) {
        r.last_activity_at = clock_wall();
        if (record_save(o->dir_fd, &r, true, err))
            view = record_to_view(&r);
    }
    record_release(&r);
    return view;
}

json_t *workspace_update(const char *ref, const struct workspace_change *change,
                         struct pyro_error *err)
{
    scoped_opened struct opened o = OPENED_INIT;
    scoped_json json_t *request = change_to_json(change);
    scoped_close int names = -1;
    struct pyro_error why = { 0 };
    int64_t deadline_ms = clock_ms() + CALL_DEADLINE_MS;
    scoped_redactor *redactor = NULL;
    json_t *view;

    if (change->name && !workspace_check_name("name", change->name, err))
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
    /* Whether it runs may change between the look and the act. */
    do {
        why = (struct pyro_error){ 0 };
        view = supervisor_call(o.dir_fd, o.id, request, deadline_ms, &why);
        if (!view && why.code == PYRO_WORKSPACE_STATE)
            view = update_resting(&o, request, &why);
    } while (!view && why.code == PYRO_WORKSPACE_BUSY && clock_ms() < deadline_ms);
    if (!view)
        *err = why;
    return view;
}

/* ---- delete ---- */

json_t *workspace_delete(const char *ref, struct pyro_error *err)
{
    scoped_opened struct opened o = OPENED_INIT;
    scoped_close int lock = -1;
    struct workspace_record r;
    bool newer;

    if (!workspace_open(ref, &o, err))
        return NULL;
    record_load_any(o.dir_fd, o.id, &r);
    newer = r.newer;
    if (newer)
        pyro_fail(err, PYRO_RECORD_INVALID, "%s", r.last_error);
    record_release(&r);
    if (newer) {
        pyro_hint(err, "delete it with the pyro that made it, or a newer one");
        return NULL;
    }
    if (!stop_running(&o, true, err) || (lock = workspace_lock_resting(&o, err)) < 0)
        return NULL;
    vm_kill_leftover(o.dir_fd, o.id); /* a start and its supervisor may have been killed */
    if (!store_remove(&o.store, o.id, err))
        return NULL;
    return json_pack("{s:s, s:b}", "workspace_id", o.id, "deleted", true);
}
