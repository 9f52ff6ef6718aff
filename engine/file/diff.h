/* The changes in a workspace since it was created. */
#ifndef PYRO_FILE_DIFF_H
#define PYRO_FILE_DIFF_H

#include "vmm/base/json.h"

/*
 * {workspace_id, changed, summary, entries, patch}: /workspace against its baseline. Works on the
 * disk, so for running and stopped workspaces; a running one is frozen for milliseconds.
 * Of paths (as file_path_parse() takes them; none: of all), and of what is below them. names_only:
 * without patches, and without reading files for them.
 * PYRO_WORKSPACE_STATE under host compatibility, which has no disk. `ref` as in workspace.h.
 */
json_t *workspace_diff(const char *ref, const char *const *paths, size_t path_count,
                       bool names_only, struct pyro_error *err) MUST_CHECK;

#endif
