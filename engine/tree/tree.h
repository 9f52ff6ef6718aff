/*
 * Trees of files in and out of workspaces; see workspace.h for what references and results are.
 */
#ifndef PYRO_TREE_TREE_H
#define PYRO_TREE_TREE_H

#include "engine/client/handle.h"
#include "engine/helper/progress.h"
#include "engine/tree/source.h"
#include "vmm/base/json.h"

/*
 * Copies a directory or an archive into a started workspace, below `destination` (a path in the
 * workspace; made when missing): {workspace_id, workspace_sync, execution_mode}. Not atomic: an
 * error says when a part of it has arrived.
 */
json_t *workspace_sync_push(const char *ref, const char *source, const char *destination,
                            const struct progress *progress, struct pyro_error *err) MUST_CHECK;
/*
 * Copies a file, directory or symbolic link out of a started workspace to a host path that does not
 * exist yet; it appears there complete or not at all: {workspace_id, workspace_path, output_path,
 * artifact_type, entry_count, bytes_written, execution_mode}. Data from the guest is not trusted.
 */
json_t *workspace_export(const char *ref, const char *path, const char *output,
                         const struct progress *progress, struct pyro_error *err) MUST_CHECK;

struct tree_pushed {
    struct tree_counts counts;
    bool begun; /* something may have been written, also when it failed */
};
/* Sends a source into the running workspace, below `below` ("": all of /workspace). */
bool tree_push(const struct workspace_handle *w, struct tree_source *source, const char *below,
               const struct progress *progress, struct tree_pushed *ret,
               struct pyro_error *err) MUST_CHECK;

#endif
