/*
 * Reading the disk of a stopped workspace: no machine, no mount, no root; pyro-image reads the
 * layers, jailed. `path` is absolute, or relative to /workspace; all of the disk may be read. Each
 * returns a new JSON object of the shape that docs/commands.md declares. PYRO_WORKSPACE_STATE when
 * the workspace runs, PYRO_FILE_NOT_FOUND, PYRO_PATH_REFUSED for a path through a symbolic link,
 * PYRO_IO for a damaged file system.
 */
#ifndef PYRO_DISK_INSPECT_H
#define PYRO_DISK_INSPECT_H

#include "engine/helper/content.h"
#include "vmm/base/json.h"

#define DISK_READ_MAX (8 * 1024 * 1024) /* bytes of one read */

/* {workspace_id, path, artifact_type, recursive, entries} */
json_t *workspace_disk_list(const char *ref, const char *path, bool recursive,
                            struct pyro_error *err) MUST_CHECK;
/*
 * {workspace_id, path, size_bytes, content, truncated} of a regular file. Without a sink the
 * content is text of at most DISK_READ_MAX bytes, cut between characters (PYRO_WRONG_FILE_TYPE if
 * it is not UTF-8); else the bytes go there unchanged, of any size, and `content` is "".
 */
json_t *workspace_disk_read(const char *ref, const char *path, const struct content_range *range,
                            const struct content_sink *sink, struct pyro_error *err) MUST_CHECK;
/*
 * The whole disk as a raw ext4 image in a new file: {workspace_id, output_path, disk_format,
 * bytes_written}. An existing file is never overwritten (PYRO_NAME_TAKEN); nothing is left behind
 * when it fails.
 */
json_t *workspace_disk_export(const char *ref, const char *output,
                              struct pyro_error *err) MUST_CHECK;

#endif
