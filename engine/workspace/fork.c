/*
 * engine/workspace/fork.c: workspaces made of another one's layers and history.
 *
 * A layer gets its second name while it is held and QEMU cannot write to it; from then on neither
 * workspace's supervisor changes it (disk_layer_is_shared()). A fork is "created" until all of it is
 * there, its lock held here, so one that is cut short is debris.
 */
#include "engine/workspace/fork.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/client/connect.h"
#include "engine/client/hold.h"
#include "engine/disk/snapshot.h"
#include "engine/secret/hide.h"
#include "engine/state/base.h"
#include "engine/state/history_copy.h"
#include "engine/state/names.h"
#include "engine/state/record_change.h"
#include "engine/state/timeline.h"
#include "vmm/base/fs.h"

#define TRIES 5
#define CALL_MS 10000

/* A new workspace. */
struct fork {
    struct workspace_record record;
    int dir_fd, lock_fd;
};

struct forking {
    const struct workspace_fork_spec *spec;
    struct workspace_handle from;
    struct workspace_record record; /* of that */
    struct disk_hold *hold;
    uint32_t layer; /* that they go on from */
    struct secrets secrets, replaced;
    struct redactor *redactor; /* of both; NULL: there are none */
    struct fork forks[FORKS_MAX];
    size_t count; /* made */
};

/* ---- what it goes on from ---- */

static bool check_state(const struct forking *f, struct pyro_error *err)
{
    const struct workspace_record *r = &f->record;

    if (r->host_compat) {
        pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' runs on the host and has no disk",
                  r->id);
        return pyro_hint(err, "create one without --allow-host-compat");
    }
    if (r->state != WORKSPACE_STARTED || f->spec->snapshot)
        return true;
    pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' runs: its memory cannot be forked", r->id);
    return pyro_hint(err, "stop it first, or fork a snapshot of its disk: --snapshot NAME");
}

static bool load_record(struct forking *f, struct pyro_error *err)
{
    record_release(&f->record);
    return record_load(f->from.dir_fd, f->from.id, &f->record, err) && check_state(f, err);
}

static bool choose_layer(struct forking *f, struct pyro_error *err)
{
    if (!disk_hold_is_frozen(f->hold))
        return pyro_fail(err, PYRO_VM_FAILED, "QEMU does not let the disk's layer go");
    if (f->spec->snapshot)
        return disk_layers_resolve(&f->record.disk, f->spec->snapshot, &f->layer, err);
    return snapshot_freeze_stopped(&f->from, &f->record, &f->layer, err);
}

static bool take_hold(struct forking *f, struct pyro_error *err)
{
    if (!workspace_recover(&f->from, err) || !load_record(f, err))
        return false;
    f->hold = disk_hold_open(&f->from, err);
    return f->hold && load_record(f, err) && choose_layer(f, err);
}

/* ---- one fork ---- */

static json_t *describe_secrets(const json_t *theirs, const struct secrets *given)
{
    json_t *list = secrets_describe(given), *item;
    size_t i, k;

    json_array_foreach ((json_t *)(uintptr_t)theirs, i, item) {
        const char *name = json_string_or(item, "name", "");
        for (k = 0; k < given->count && strcmp(given->items[k].name, name) != 0; k++)
            ;
        if (k == given->count)
            json_array_append(list, item);
    }
    if (json_array_size(list))
        return list;
    json_decref(list);
    return NULL;
}

static bool change_record(const struct forking *f, struct workspace_record *r,
                          struct pyro_error *err)
{
    const struct workspace_fork_spec *spec = f->spec;
    scoped_json json_t *change = json_object();
    scoped_free char *numbered = NULL;

    if (spec->labels)
        json_object_set_new(change, "labels", hide_in_copy(f->redactor, spec->labels));
    if (spec->name && spec->count > 1)
        numbered = str_printf("%s-%zu", spec->name, f->count + 1);
    if (spec->name)
        json_object_set_new(change, "name", json_string(numbered ? numbered : spec->name));
    return workspace_apply_change(r, change, err);
}

static bool fill_record(const struct forking *f, struct workspace_record *r, struct pyro_error *err)
{
    struct disk_layers disk;

    if (!record_copy(&f->record, !f->spec->snapshot, r, err))
        return false;
    if (!change_record(f, r, err) || !disk_layers_fork(&f->record.disk, f->layer, &disk, err)) {
        record_release(r);
        return false;
    }
    r->disk = disk;
    record_set_string(&r->forked_from, f->from.id);
    r->used = f->layer != r->disk.origin;
    if (f->spec->ttl_seconds >= 0)
        r->ttl_seconds = f->spec->ttl_seconds;
    r->secrets = describe_secrets(f->record.secrets, f->spec->secrets);
    return true;
}

static bool share_layer(const struct forking *f, const struct fork *fork, uint32_t id,
                        struct pyro_error *err)
{
    char file[32];
    scoped_free char *path = NULL;
    scoped_close int fd = -1;

    disk_layer_file(id, file);
    path = str_printf("%s/%s/%s", f->from.store.path, f->from.id, file);
    /* Read-only, like every layer that is not written: no descriptor can become writable again. */
    fd = disk_open_layer(f->from.dir_fd, file, false, err);
    return fd >= 0 && disk_layer_share(path, fork->dir_fd, id, err);
}

static bool make_disk(const struct forking *f, const struct fork *fork, struct pyro_error *err)
{
    const struct disk_layers *l = &fork->record.disk;
    struct disk_layer base = { .path = fork->record.base_path, .format = DISK_RAW };
    uint64_t size;

    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].id != l->active && !share_layer(f, fork, l->items[i].id, err))
            return false;
    return disk_virtual_size(&base, &size, err) &&
           disk_layer_create(fork->dir_fd, l->active, size, err);
}

static bool fill_directory(const struct forking *f, const struct fork *fork, struct pyro_error *err)
{
    return secrets_store(&f->secrets, fork->dir_fd, err) &&
           secrets_store_replaced(&f->replaced, fork->dir_fd, err) && make_disk(f, fork, err) &&
           (f->spec->snapshot || history_copy(f->from.dir_fd, fork->dir_fd, err));
}

static bool make_fork(struct forking *f, struct pyro_error *err)
{
    struct fork *fork = &f->forks[f->count];

    *fork = (struct fork){ .dir_fd = -1, .lock_fd = -1 };
    if (!fill_record(f, &fork->record, err))
        return false;
    if (!store_make(&f->from.store, &fork->record, &fork->dir_fd, &fork->lock_fd, err)) {
        record_release(&fork->record);
        return false;
    }
    f->count++;
    return fill_directory(f, fork, err);
}

/* ---- all of them ---- */

static void release_fork(struct fork *fork)
{
    cleanup_close(&fork->dir_fd);
    cleanup_close(&fork->lock_fd);
    record_release(&fork->record);
}

/* What cannot be removed is debris, and swept later. */
static void undo(struct forking *f)
{
    while (f->count) {
        struct fork *fork = &f->forks[--f->count];
        if (!store_remove(&f->from.store, fork->record.id, NULL))
            fprintf(stderr, "pyro: workspace '%s' could not be removed\n", fork->record.id);
        release_fork(fork);
    }
}

static bool make_all(struct forking *f, const struct progress *progress, struct pyro_error *err)
{
    scoped_close int bases = base_lock(progress_tell, (void *)(uintptr_t)progress, err);

    while (bases >= 0 && f->count < (size_t)f->spec->count)
        if (!make_fork(f, err))
            return false;
    return bases >= 0 && (syncfs(f->from.store.fd) == 0 || pyro_fail_errno(err, "write the forks"));
}

/* Once: *ret_lasted: nothing was written to the layers meanwhile. */
static bool try_all(struct forking *f, const struct progress *progress, bool *ret_lasted,
                    struct pyro_error *err)
{
    bool ok = take_hold(f, err) && make_all(f, progress, err);

    *ret_lasted = !f->hold || disk_hold_lasts(f->hold);
    if (!ok || !*ret_lasted) {
        undo(f);
        disk_hold_close(f->hold);
        f->hold = NULL;
    }
    return ok;
}

static bool take_secrets(struct forking *f, struct pyro_error *err)
{
    return secrets_fork(f->spec->secrets, f->from.dir_fd, &f->secrets, &f->replaced, err) &&
           secrets_redactor_of_both(&f->secrets, &f->replaced, &f->redactor, err);
}

static bool make(struct forking *f, const struct progress *progress, struct pyro_error *err)
{
    for (unsigned i = 0; i < TRIES; i++) {
        bool lasted;
        if (!try_all(f, progress, &lasted, err))
            return false;
        if (lasted)
            return true;
    }
    return pyro_fail(err, PYRO_GUEST_LOST, "the workspace's supervisor ends again and again");
}

static void note(const struct forking *f, const struct workspace_record *r)
{
    scoped_json json_t *request =
        json_pack("{s:s, s:s, s:s?}", "op", "forked", "id", r->id, "name", r->name);
    scoped_json json_t *result = NULL;
    struct pyro_error ignored;

    if (disk_hold_is_running(f->hold))
        result = supervisor_call(&f->from, request, clock_ms() + CALL_MS, &ignored);
    else
        timeline_add(f->from.dir_fd, TIMELINE_ENTRY(TIMELINE_FORKED, .id = r->id, .state = "into",
                                                    .text = r->name));
}

/* From here on it is a workspace like any other. */
static bool publish(const struct forking *f, struct fork *fork, struct pyro_error *err)
{
    struct workspace_record *r = &fork->record;

    timeline_add(fork->dir_fd,
                 TIMELINE_ENTRY(TIMELINE_CREATED, .time = r->created_at, .text = r->environment));
    timeline_add(fork->dir_fd, TIMELINE_ENTRY(TIMELINE_FORKED, .id = f->from.id, .state = "from",
                                              .text = f->record.name));
    r->state = WORKSPACE_STOPPED;
    return record_save(fork->dir_fd, r, true, err);
}

static json_t *publish_all(struct forking *f, struct pyro_error *err)
{
    json_t *list = json_array();

    for (size_t i = 0; i < f->count; i++) {
        if (!publish(f, &f->forks[i], err)) {
            json_decref(list);
            undo(f);
            return NULL;
        }
        json_array_append_new(list, record_to_view(&f->forks[i].record));
    }
    for (size_t i = 0; i < f->count; i++)
        note(f, &f->forks[i].record);
    return json_pack("{s:s, s:I, s:o}", "forked_from", f->from.id, "count", (json_int_t)f->count,
                     "workspaces", list);
}

static void forking_release(struct forking *f)
{
    while (f->count)
        release_fork(&f->forks[--f->count]);
    disk_hold_close(f->hold);
    secrets_release(&f->secrets);
    secrets_release(&f->replaced);
    redactor_free(f->redactor);
    record_release(&f->record);
    workspace_close(&f->from);
}

static bool check_names(const struct workspace_fork_spec *spec, struct pyro_error *err)
{
    scoped_free char *longest = NULL;

    if (!spec->name)
        return true;
    longest = spec->count > 1 ? str_printf("%s-%d", spec->name, (int)spec->count)
                              : str_printf("%s", spec->name);
    return workspace_check_name("name", longest, err);
}

json_t *workspace_fork(const char *ref, const struct workspace_fork_spec *spec,
                       const struct progress *progress, struct pyro_error *err)
{
    struct forking f = { .spec = spec, .from = WORKSPACE_HANDLE_INIT };
    json_t *result = NULL;

    BUG_ON(spec->count < 1 || spec->count > FORKS_MAX);
    if (check_names(spec, err) && workspace_open(ref, &f.from, err)) {
        store_sweep(&f.from.store);
        if (take_secrets(&f, err) && make(&f, progress, err))
            result = publish_all(&f, err);
    }
    if (!result)
        pyro_wrap(err, "fork");
    forking_release(&f);
    return result;
}
