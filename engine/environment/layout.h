/* An environment's disk as an image, written by pyro-image into a descriptor. */
#ifndef PYRO_ENVIRONMENT_LAYOUT_H
#define PYRO_ENVIRONMENT_LAYOUT_H

#include "engine/environment/environment.h"

/*
 * Writes an OCI image layout in a tar to an empty file. Without base_layers (NULL) it has one layer;
 * with them, as its record has those of the image that its disk is based on, these are named in it
 * and not in the file, and the layer is of what changed since. The same environment gives the same
 * bytes. The result {entry_count, bytes_written, digest, layer_count, blobs: [{digest, size, offset}]}
 * is the caller's; the manifest is the last of the blobs. Blocks. NULL on failure.
 */
json_t *environment_layout(const struct environment *e, json_t *base_layers, int output_fd,
                           const struct progress *progress, struct pyro_error *err) MUST_CHECK;

#endif
