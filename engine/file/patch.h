/* Applying a patch to the files of a running workspace. */
#ifndef PYRO_FILE_PATCH_H
#define PYRO_FILE_PATCH_H

#include "vmm/base/json.h"

/*
 * {workspace_id, changed, summary, entries [{path, status}], execution_mode}. All of the patch is
 * applied or nothing: it is checked against the files as they are before the first byte is written,
 * and a file that changes in between is an error. PYRO_PATCH_REJECTED, PYRO_PATH_REFUSED,
 * PYRO_WRONG_FILE_TYPE name file, hunk and line. `ref` as in workspace.h.
 */
json_t *patch_apply(const char *ref, const void *text, size_t n, struct pyro_error *err) MUST_CHECK;

#endif
