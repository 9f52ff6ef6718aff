/*
 * Snapshots of a workspace's whole disk, and resetting to one. As in workspace.h: one engine behind
 * every front end; `ref` is a reference to a workspace; the functions may block, and return a new
 * JSON object of the shape that docs/commands.md declares, or NULL with err set.
 */
#ifndef PYRO_DISK_SNAPSHOT_H
#define PYRO_DISK_SNAPSHOT_H

#include "engine/client/handle.h"
#include "engine/helper/progress.h"
#include "vmm/base/json.h"

/* What a snapshot has beside the disk. */
struct snapshot_extent {
    bool memory;
    bool forget_secrets; /* no memory while there are any: PYRO_SNAPSHOT_STATE */
};
/*
 * {workspace_id, snapshot_name, kind, created_at, bytes_written, deletable}. The file system of a
 * running workspace is frozen for the moment it takes; a stopped one is snapshotted at once. `memory`:
 * with the machine's, which must run; then {memory_bytes, pause_ms} as well. PYRO_NAME_TAKEN.
 */
json_t *snapshot_create(const char *ref, const char *name, struct snapshot_extent extent,
                        struct pyro_error *err) MUST_CHECK;
/* {workspace_id, count, snapshots}, in the order they were made, the baseline first. */
json_t *snapshot_list(const char *ref, struct pyro_error *err) MUST_CHECK;
/* {workspace_id, snapshot_name, deleted}. PYRO_SNAPSHOT_NOT_FOUND. */
json_t *snapshot_delete(const char *ref, const char *name, struct pyro_error *err) MUST_CHECK;

/*
 * Restores the whole disk to the snapshot (`baseline`: as create left it), clears the history and
 * starts the workspace, whatever its state; the workspace object. Running commands are ended. When
 * the start fails the workspace is reset anyway, and stopped. A snapshot with memory brings that back,
 * with what ran and its history, unless disk_only; PYRO_SNAPSHOT_STATE when it cannot be used here any
 * more, and then nothing has changed.
 */
json_t *workspace_reset(const char *ref, const char *snapshot, bool disk_only,
                        const struct progress *progress, struct pyro_error *err) MUST_CHECK;

/* As the holder of a stopped workspace's lock: the layer that holds all of its disk, which nothing
 * writes to from here on. `r` is its record, which is saved. */
bool snapshot_freeze_stopped(const struct workspace_handle *o, struct workspace_record *r,
                             uint32_t *ret_layer, struct pyro_error *err) MUST_CHECK;

/*
 * Call once at the end of seeding, on a running workspace: the disk's current content becomes the
 * baseline, which nothing changes from here on. dir_fd: the workspace's directory. Without it the
 * baseline is the environment's image.
 */
bool workspace_seal_baseline(const struct workspace_handle *w, struct pyro_error *err) MUST_CHECK;

#endif
