/*
 * engine/workspace/fork.c: workspaces made of another one's layers, history and memory.
 *
 * A layer gets its second name while it is held and QEMU cannot write to it; from then on neither
 * workspace's supervisor changes it (disk_layer_is_shared()). So does each file of a captured memory.
 * A fork is "created" until all of it is there, its lock held here, so one that is cut short is
 * debris; with a memory it is ephemeral then, until all of them run (fork_start.h).
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
#include "engine/state/memory_files.h"
#include "engine/state/names.h"
#include "engine/state/record_change.h"
#include "engine/state/timeline.h"
#include "engine/workspace/fork_memory.h"
#include "engine/workspace/fork_start.h"
#include "vmm/base/fs.h"
#include "vmm/saved.h"

#define TRIES 5
#define CALL_MS 10000

struct forking {
    const struct workspace_fork_spec *spec;
    struct workspace_handle from;
    struct workspace_record record; /* of that */
    struct disk_hold *hold;
    uint32_t layer;   /* that they go on from */
    int memory_fd;    /* the directory of the captured memory that they go on from; -1: none */
    json_t *captured; /* what that says */
    struct fork_memory shared;
    bool runs; /* it ran when they were made */
    struct secrets secrets, replaced;
    struct redactor *redactor; /* of both; NULL: there are none */
    struct fork forks[FORKS_MAX];
    size_t count; /* made */
};

/* ---- what it goes on from ---- */

static bool check_state(const struct forking *f, struct pyro_error *err)
{
    const struct workspace_record *r = &f->record;

    if (!r->host_compat)
        return true;
    pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' runs on the host and has no disk", r->id);
    return pyro_hint(err, "create one without --allow-host-compat");
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
    if (!disk_hold_is_running(f->hold))
        return snapshot_freeze_stopped(&f->from, &f->record, &f->layer, err);
    f->layer = disk_hold_layer(f->hold);
    return true;
}

static bool has_memory(const struct forking *f)
{
    return f->memory_fd >= 0;
}

/* Of now, or of the snapshot. */
static bool open_memory(struct forking *f, bool live, struct pyro_error *err)
{
    const struct workspace_fork_spec *spec = f->spec;
    const struct disk_snapshot *s =
        spec->snapshot ? disk_layers_find(&f->record.disk, spec->snapshot) : NULL;

    if (!live && (!s || !s->memory || spec->disk_only))
        return true;
    f->memory_fd =
        live ? disk_hold_memory(f->hold, &f->from, err) : memory_open(f->from.dir_fd, s->name, err);
    return has_memory(f) && fork_memory_check(f->memory_fd, &f->record, spec->count, err) &&
           (f->captured = saved_read(f->memory_fd, err)) != NULL &&
           fork_memory_prepare(f->memory_fd, disk_hold_pid(f->hold), f->captured, &f->record,
                               spec->count, &f->shared, err);
}

static void let_go(struct forking *f)
{
    disk_hold_close(f->hold);
    f->hold = NULL;
    if (f->memory_fd >= 0)
        close(take_fd(&f->memory_fd));
    json_decref(f->captured);
    f->captured = NULL;
}

static bool take_hold(struct forking *f, struct pyro_error *err)
{
    bool live;

    if (!workspace_recover(&f->from, err) || !load_record(f, err))
        return false;
    live = f->record.state == WORKSPACE_STARTED && !f->spec->snapshot && !f->spec->disk_only;
    f->hold = live ? disk_hold_open_memory(&f->from, err)
                   : disk_hold_open(&f->from, DISK_HOLD_SHARES, err);
    if (!f->hold)
        return false;
    f->runs = disk_hold_is_running(f->hold);
    return load_record(f, err) && choose_layer(f, err) && open_memory(f, live, err);
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
    if (spec->env)
        json_object_set(change, "env", spec->env);
    if (spec->name && spec->count > 1)
        numbered = str_printf("%s-%zu", spec->name, f->count + 1);
    if (spec->name)
        json_object_set_new(change, "name", json_string(numbered ? numbered : spec->name));
    return workspace_apply_change(r, change, err) && secrets_check_env(f->redactor, r->env, err);
}

/* A disk by itself has no history, as after a reset to it; at rest it has all of it. */
static bool has_past(const struct forking *f)
{
    return has_memory(f) || (!f->spec->snapshot && !f->runs);
}

/* It goes on from the memory, and is nobody's until it does. */
static void resume_from_memory(const struct forking *f, struct workspace_record *r)
{
    record_set_string(&r->resume_from, MEMORY_FORK);
    r->ephemeral = true;
    r->used = true;
    r->command_count = json_int_or(f->captured, "command_count", r->command_count);
    json_decref(r->last_command);
    r->last_command = json_incref(json_object_get(f->captured, "last_command"));
}

static bool fill_record(const struct forking *f, struct workspace_record *r, struct pyro_error *err)
{
    struct disk_layers disk;

    if (!record_copy(&f->record, has_past(f), r, err))
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
    if (has_memory(f))
        resume_from_memory(f, r);
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

/* With a memory comes the history of that moment. */
static bool fill_past(const struct forking *f, const struct fork *fork, struct pyro_error *err)
{
    if (has_memory(f))
        return fork_memory_share(f->memory_fd, fork->dir_fd, &f->shared, err);
    return !has_past(f) || history_copy(f->from.dir_fd, fork->dir_fd, err);
}

static void note_origin(const struct forking *f, const struct fork *fork)
{
    const struct workspace_record *r = &fork->record;

    timeline_add(fork->dir_fd,
                 TIMELINE_ENTRY(TIMELINE_CREATED, .time = r->created_at, .text = r->environment));
    timeline_add(fork->dir_fd, TIMELINE_ENTRY(TIMELINE_FORKED, .id = f->from.id, .state = "from",
                                              .text = f->record.name));
}

static bool fill_directory(const struct forking *f, const struct fork *fork, struct pyro_error *err)
{
    note_origin(f, fork);
    return secrets_store(&f->secrets, fork->dir_fd, err) &&
           secrets_store_replaced(&f->replaced, fork->dir_fd, err) && make_disk(f, fork, err) &&
           fill_past(f, fork, err);
}

static bool make_fork(struct forking *f, struct pyro_error *err)
{
    struct fork *fork = &f->forks[f->count];

    *fork = (struct fork){ .dir_fd = -1, .lock_fd = -1, .hold_fd = -1 };
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

static void undo(struct forking *f)
{
    while (f->count)
        fork_undo(&f->from.store, &f->forks[--f->count]);
}

static bool make_all(struct forking *f, const struct progress *progress, struct pyro_error *err)
{
    scoped_close int bases = base_lock(progress_tell, (void *)(uintptr_t)progress, err);

    while (bases >= 0 && f->count < (size_t)f->spec->count)
        if (!make_fork(f, err))
            return false;
    /* One that runs is written when it is kept. */
    return bases >= 0 && (has_memory(f) || syncfs(f->from.store.fd) == 0 ||
                          pyro_fail_errno(err, "write the forks"));
}

/* Once: *ret_lasted: nothing was written to the layers meanwhile. */
static bool try_all(struct forking *f, const struct progress *progress, bool *ret_lasted,
                    struct pyro_error *err)
{
    bool ok = take_hold(f, err) && make_all(f, progress, err);

    *ret_lasted = !f->hold || disk_hold_lasts(f->hold);
    if (!ok || !*ret_lasted) {
        undo(f);
        let_go(f);
        fork_memory_release(&f->shared);
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

    if (f->runs)
        result =
            supervisor_call(&f->from, MACHINE_AS_IT_IS, request, clock_ms() + CALL_MS, &ignored);
    else
        timeline_add(f->from.dir_fd, TIMELINE_ENTRY(TIMELINE_FORKED, .id = r->id, .state = "into",
                                                    .text = r->name));
}

/* From here on they are workspaces like any other, at rest … */
static bool publish_stopped(struct forking *f, json_t *list, struct pyro_error *err)
{
    for (size_t i = 0; i < f->count; i++) {
        struct workspace_record *r = &f->forks[i].record;
        r->state = WORKSPACE_STOPPED;
        if (!record_save(f->forks[i].dir_fd, r, true, err))
            return false;
        json_array_append_new(list, record_to_view(r));
    }
    return true;
}

/* … or running. They have all that they need of this one by now. */
static bool publish_running(struct forking *f, const struct progress *progress, json_t *list,
                            struct pyro_error *err)
{
    let_go(f);
    if (forks_start(&f->from.store, f->forks, f->count, progress, err))
        return forks_keep(&f->from.store, f->forks, f->count, list, err);
    if (pyro_is(err, PYRO_SNAPSHOT_STATE))
        pyro_hint(err, FORK_DISK_ONLY_HINT);
    return false;
}

static json_t *publish_all(struct forking *f, const struct progress *progress,
                           struct pyro_error *err)
{
    json_t *list = json_array();

    if (!(has_memory(f) ? publish_running(f, progress, list, err)
                        : publish_stopped(f, list, err))) {
        json_decref(list);
        undo(f);
        return NULL;
    }
    for (size_t i = 0; i < f->count; i++)
        note(f, &f->forks[i].record);
    return json_pack("{s:s, s:I, s:o}", "forked_from", f->from.id, "count", (json_int_t)f->count,
                     "workspaces", list);
}

static void forking_release(struct forking *f)
{
    while (f->count)
        fork_release(&f->forks[--f->count]);
    let_go(f);
    fork_memory_release(&f->shared);
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
    struct forking f = {
        .spec = spec, .from = WORKSPACE_HANDLE_INIT, .memory_fd = -1, .shared = FORK_MEMORY_INIT
    };
    json_t *result = NULL;

    BUG_ON(spec->count < 1 || spec->count > FORKS_MAX);
    if (check_names(spec, err) && workspace_open(ref, &f.from, err)) {
        store_sweep(&f.from.store);
        if (take_secrets(&f, err) && make(&f, progress, err))
            result = publish_all(&f, progress, err);
    }
    if (!result)
        pyro_wrap(err, "fork");
    forking_release(&f);
    return result;
}
