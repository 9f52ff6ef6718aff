/* Environments as images in archives. */
#ifndef PYRO_ENVIRONMENT_EXPORT_H
#define PYRO_ENVIRONMENT_EXPORT_H

#include "engine/helper/progress.h"
#include "vmm/base/error.h"
#include "vmm/base/json.h"

/*
 * Writes an installed environment to a new file, an OCI image layout in a tar, with one layer. The
 * result {name, output_path, digest, entry_count, bytes_written} is the caller's. Blocks. NULL on
 * failure, and there is no file: PYRO_ENVIRONMENT_NOT_FOUND, PYRO_NAME_TAKEN, PYRO_NO_SPACE.
 */
json_t *environment_export(const char *name, const char *output, const struct progress *progress,
                           struct pyro_error *err) MUST_CHECK;

#endif
