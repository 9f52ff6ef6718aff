/* Environments as images in registries. */
#ifndef PYRO_ENVIRONMENT_PUSH_H
#define PYRO_ENVIRONMENT_PUSH_H

#include "engine/helper/progress.h"
#include "vmm/base/error.h"
#include "vmm/base/json.h"

/*
 * Gives an installed environment to a registry. Where its disk is based on an image of a registry,
 * it has the layers of that, and one of what changed since; else one of all. `ca_file` as for a
 * pull; NULL: none. The result {name, reference, digest, layer_count, base_layer_count, entry_count,
 * sent_bytes} is the caller's. Blocks; killed at any moment it leaves nothing on this host, and under
 * the tag what was there before or the whole. NULL on failure: PYRO_ENVIRONMENT_NOT_FOUND,
 * PYRO_INVALID_ARGUMENT, PYRO_PUSH_FAILED, PYRO_CONTENT_REFUSED, PYRO_NO_SPACE.
 */
json_t *environment_push(const char *name, const char *reference, const char *ca_file,
                         const struct progress *progress, struct pyro_error *err) MUST_CHECK;

#endif
