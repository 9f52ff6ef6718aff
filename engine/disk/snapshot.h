/*
 * Snapshots of a workspace's whole disk, and going back to one. Like workspace.h: one engine behind
 * every front; `ref` is a reference to a workspace; the functions may block, and return a new JSON
 * object of the shape that docs/commands.md declares, or NULL with err set.
 */
#ifndef PYRO_DISK_SNAPSHOT_H
#define PYRO_DISK_SNAPSHOT_H

#include "engine/client/handle.h"
#include "engine/helper/progress.h"
#include "vmm/base/json.h"

/*
 * {workspace_id, snapshot_name, kind, created_at, bytes_written, deletable}. Of a running workspace
 * with its file system held still for the moment it takes; of one at rest at once.
 * PYRO_NAME_TAKEN.
 */
json_t *snapshot_create(const char *ref, const char *name, struct pyro_error *err) MUST_CHECK;
/* {workspace_id, count, snapshots}, in the order they were made, the baseline first. */
json_t *snapshot_list(const char *ref, struct pyro_error *err) MUST_CHECK;
/* {workspace_id, snapshot_name, deleted}. PYRO_SNAPSHOT_NOT_FOUND. */
json_t *snapshot_delete(const char *ref, const char *name, struct pyro_error *err) MUST_CHECK;

/*
 * The whole disk as the snapshot (`baseline`: as create left it) has it, history cleared, and
 * started, whatever it was before; the workspace object. What runs is ended. When the start fails
 * the workspace is reset all the same, and stopped.
 */
json_t *workspace_reset(const char *ref, const char *snapshot, const struct progress *progress,
                        struct pyro_error *err) MUST_CHECK;

/*
 * To call once at the end of seeding, on a running workspace: what is on its disk now is the
 * baseline, which nothing changes from here on. dir_fd: the workspace's directory. Without it the
 * baseline is the environment's image.
 */
bool workspace_seal_baseline(const struct workspace_handle *w, struct pyro_error *err) MUST_CHECK;

#endif
