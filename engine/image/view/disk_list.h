/* The content of a directory on a disk. */
#ifndef PYRO_IMAGE_DISK_LIST_H
#define PYRO_IMAGE_DISK_LIST_H

#include "engine/image/view/view.h"
#include "vmm/base/json.h"

/*
 * {path, artifact_type, entries: [{path, artifact_type, mode, modified_at, size_bytes,
 * link_target}]}, new, sorted by the bytes of their paths. `path` is absolute; one that is not a directory is its own only entry.
 * Entries below /run/pyro-… are the machine's own and left out. PYRO_FILE_NOT_FOUND,
 * PYRO_PATH_REFUSED, PYRO_IO, PYRO_NO_SPACE past a million entries.
 */
json_t *disk_list(struct view *v, const char *path, bool recursive,
                  struct pyro_error *err) MUST_CHECK;

#define DISK_PRIVATE_NAME "pyro-" /* in /run */
/* Whether an absolute path is, or is below, a path that only the running machine has:
 * /run/pyro-…. */
bool disk_is_private(const char *path);

#endif
