/* A root file system, and what a machine needs of it to start. */
#ifndef PYRO_IMAGE_ROOT_H
#define PYRO_IMAGE_ROOT_H

#include "engine/image/ext4/tree.h"
#include "engine/oci/config.h"

/*
 * Makes the directories that a machine mounts on, or writes to at its start, where they are missing
 * (with this time), and refuses a root in which one of them is something else: PYRO_CONTENT_REFUSED
 * names it. The directories that an image's configuration names, if there is one, are made where they
 * can be.
 */
bool root_complete(struct tree *t, const struct oci_config *config, int64_t now,
                   struct pyro_error *err) MUST_CHECK;
/*
 * The directories that an image gets although no archive has them, by their paths, once it is complete:
 * an array, new. NULL when they are too many, or cannot be told.
 */
json_t *root_supplied(struct tree *t, const struct oci_config *config);

#endif
