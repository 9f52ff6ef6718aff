/* Names in a layer that hide something of lower layers (image-spec, layer.md). */
#ifndef PYRO_IMAGE_WHITEOUT_H
#define PYRO_IMAGE_WHITEOUT_H

#include "engine/image/ext4/tree.h"

/* Whether the last component of a path is one, so that it is not itself in the image. */
bool whiteout_is_one(const char *path);
/* Hides what it says. Where that is not there nothing is; PYRO_INVALID_ARGUMENT: it names nothing. */
bool whiteout_apply(struct tree *t, const char *path, struct pyro_error *err) MUST_CHECK;

#endif
