/* A disk's layers as one raw image that another machine can mount. */
#ifndef PYRO_IMAGE_DISK_EXPORT_H
#define PYRO_IMAGE_DISK_EXPORT_H

#include "engine/image/view/chain.h"

/*
 * Writes the disk to an empty file, sparse, and takes /run/pyro-… out of it with
 * its content. The file is worthless when this fails: PYRO_NO_SPACE, PYRO_IO, PYRO_WORKSPACE_STATE
 * for a file system whose journal must be replayed.
 */
bool disk_export(struct disk_version d, int fd, struct pyro_error *err) MUST_CHECK;

#endif
