/*
 * The files of a running workspace: list, read, write. Each function takes a reference to a
 * workspace and a path as file_path_parse() does, may block, and returns a new JSON object of the
 * shape that docs/commands.md declares, or NULL with err set.
 */
#ifndef PYRO_FILE_H
#define PYRO_FILE_H

#include "engine/helper/content.h"
#include "vmm/base/json.h"

#define FILE_TEXT_MAX (8 * 1024 * 1024)

/* {…, entries: [{path, artifact_type, mode, modified_at, size_bytes, link_target}]}, sorted by the
 * paths' bytes. */
json_t *file_list(const char *ref, const char *path, bool recursive,
                  struct pyro_error *err) MUST_CHECK;
/*
 * {workspace_id, path, size_bytes, content, truncated, execution_mode} of a regular file. Without a
 * sink the content is UTF-8 text of at most FILE_TEXT_MAX bytes, cut between characters
 * (PYRO_WRONG_FILE_TYPE for anything else); else the bytes go there unchanged, of any size, and
 * `content` is "".
 */
json_t *file_read(const char *ref, const char *path, const struct content_range *range,
                  const struct content_sink *sink, struct pyro_error *err) MUST_CHECK;
/*
 * Writes a whole file: the old content or the new is there, never a part. Mode and owner of an
 * existing file are kept, missing directories created. PYRO_CONTENT_REFUSED for more than
 * FILE_TEXT_MAX bytes and for content that is not UTF-8.
 */
json_t *file_write(const char *ref, const char *path, const void *bytes, size_t n,
                   struct pyro_error *err) MUST_CHECK;
/* Whether n bytes are text: UTF-8 without NUL, at most FILE_TEXT_MAX bytes. `what` begins the
 * message. */
bool file_check_text(const char *what, const void *bytes, size_t n,
                     struct pyro_error *err) MUST_CHECK;

#endif
