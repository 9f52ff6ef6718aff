/*
 * engine/workspace/commit.c: a workspace's disk becomes an environment.
 *
 * A layer that QEMU can no longer write to is linked into the environment's directory while it is held.
 * From then on it has two names, and the workspace's supervisor leaves it as it is. A supervisor that
 * is killed before that may have a successor that joins layers; so the hold must have lasted.
 */
#include "engine/workspace/commit.h"

#include <string.h>

#include "engine/client/connect.h"
#include "engine/client/hold.h"
#include "engine/client/stopped.h"
#include "engine/disk/seal.h"
#include "engine/disk/snapshot.h"
#include "engine/environment/overlays.h"
#include "engine/state/timeline.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/fs.h"

#define TRIES 5
#define NOTE_MS 10000
#define LAYERS_WANTED                                                                              \
    16 /* with more, each start takes longer, and there is less room for snapshots */

struct commit {
    const struct workspace_handle *w;
    struct environment_commit *environment;
    struct workspace_record record; /* as it was when the disk was frozen */
    struct disk_fds disk;
    int64_t freeze_ms, commit_ms;
};

static void commit_release(struct commit *c)
{
    disk_fds_release(&c->disk);
    record_release(&c->record);
}

static bool check_disk(const struct workspace_record *r, struct pyro_error *err)
{
    if (!r->host_compat)
        return true;
    pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' runs on the host and has no disk", r->id);
    return pyro_hint(err, "create one without --allow-host-compat");
}

/* The layers get their second names. */
static bool share_layers(struct commit *c, struct pyro_error *err)
{
    for (unsigned i = 0; i < c->disk.count; i++)
        if (!environment_commit_add(c->environment, c->disk.fds[i], err))
            return false;
    return true;
}

static bool take_held(struct commit *c, const struct disk_hold *hold, struct pyro_error *err)
{
    uint32_t layer = disk_hold_layer(hold);

    if (!record_load(c->w->dir_fd, c->w->id, &c->record, err) || !check_disk(&c->record, err))
        return false;
    if (!disk_hold_is_frozen(hold))
        return pyro_fail(err, PYRO_VM_FAILED, "QEMU does not let the disk's layer go");
    if (!disk_hold_is_running(hold) && !snapshot_freeze_stopped(c->w, &c->record, &layer, err))
        return false;
    return disk_fds_open(c->w->dir_fd, &c->record, layer, &c->disk, err) && share_layers(c, err);
}

/* Takes the layers once; *ret_lasted: for good. */
static bool try_layers(struct commit *c, bool *ret_lasted, struct pyro_error *err)
{
    int64_t start_ms = clock_ms();
    struct disk_hold *hold = disk_hold_open(c->w, DISK_HOLD_SHARES, err);
    bool ok;

    if (!hold)
        return false;
    c->freeze_ms = clock_ms() - start_ms;
    ok = take_held(c, hold, err);
    *ret_lasted = disk_hold_lasts(hold);
    disk_hold_close(hold);
    return ok;
}

static bool take_layers(struct commit *c, struct pyro_error *err)
{
    for (unsigned i = 0; i < TRIES; i++) {
        bool lasted = true;
        if (!try_layers(c, &lasted, err))
            return false;
        if (lasted)
            return true;
        disk_fds_release(&c->disk);
        record_release(&c->record);
        if (!environment_commit_restart(c->environment, err))
            return false;
    }
    return pyro_fail(err, PYRO_GUEST_LOST, "the workspace's supervisor ends again and again");
}

/* The layer on top; what was left out, new. */
static json_t *seal(struct commit *c, struct pyro_error *err)
{
    bool whole = c->environment->count + 1 > LAYERS_WANTED;
    char name[OVERLAY_NAME_MAX];
    json_t *result;

    overlay_name(c->environment->count + 1, name);
    result = disk_seal_above(&c->disk, c->environment->dirfd, name, whole, err);
    if (!result)
        return NULL;
    c->environment->count++;
    if (whole && !environment_commit_flatten(c->environment, err)) {
        json_decref(result);
        return NULL;
    }
    return result;
}

static json_t *commit(struct commit *c, struct pyro_error *err)
{
    struct environment_origin origin;
    int64_t start_ms = clock_ms();
    scoped_json json_t *sealed = NULL;

    if (!take_layers(c, err))
        return NULL;
    sealed = seal(c, err);
    if (!sealed)
        return NULL;
    origin = (struct environment_origin){ .workspace = c->record.ephemeral ? NULL
                                                       : c->record.name    ? c->record.name
                                                                           : c->w->id,
                                          .environment = c->record.environment,
                                          .environment_digest = c->record.environment_digest,
                                          .base_digest = record_base_digest(&c->record) };
    if (!environment_commit_finish(c->environment, &origin, err))
        return NULL;
    c->commit_ms = clock_ms() - start_ms - c->freeze_ms - c->environment->digest_ms;
    return json_pack(
        "{s:s, s:s, s:O, s:I, s:I, s:I, s:I}", "environment", c->environment->install.name,
        "workspace_id", c->w->id, "left_out", json_object_get(sealed, "left_out"), "layers",
        (json_int_t)c->environment->count, "freeze_ms", (json_int_t)c->freeze_ms, "commit_ms",
        (json_int_t)c->commit_ms, "digest_ms", (json_int_t)c->environment->digest_ms);
}

/* In its timeline, which its supervisor alone writes while it runs. */
static void note(const struct workspace_handle *w, const char *name)
{
    scoped_json json_t *request =
        json_pack("{s:s, s:s, s:s}", "op", "disk", "do", "committed", "name", name);
    scoped_json json_t *told =
        supervisor_call(w, MACHINE_AS_IT_IS, request, clock_ms() + NOTE_MS, NULL);
    scoped_close int lock = told ? -1 : workspace_lock_stopped(w, NULL);

    if (lock >= 0)
        timeline_add(w->dir_fd, TIMELINE_ENTRY(TIMELINE_COMMIT, .id = name));
}

json_t *workspace_commit_into(struct environment_commit *environment,
                              const struct workspace_handle *w, struct pyro_error *err)
{
    struct commit c = { .w = w, .environment = environment };
    json_t *result = commit(&c, err);

    if (!result)
        pyro_wrap(err, "commit");
    commit_release(&c);
    return result;
}

json_t *workspace_commit(const char *ref, const char *name, const struct progress *progress,
                         struct pyro_error *err)
{
    scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
    struct environment_commit environment = ENVIRONMENT_COMMIT_INIT;
    json_t *result = NULL;

    if (!workspace_open(ref, &w, err) ||
        !environment_commit_begin(&environment, name, progress, err))
        pyro_wrap(err, "commit");
    else
        result = workspace_commit_into(&environment, &w, err);
    if (result)
        note(&w, name);
    environment_commit_release(&environment);
    return result;
}
