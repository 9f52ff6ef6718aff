/* The layer above a disk's frozen ones that makes an environment of them. */
#ifndef PYRO_DISK_SEAL_H
#define PYRO_DISK_SEAL_H

#include "engine/disk/view.h"
#include "vmm/base/json.h"

/*
 * Creates an overlay of that name on the disk, with what has to go taken out of it (pyro-image,
 * disk-seal). `whole`: it holds all that the layers have above the base, and replaces them. {left_out: [path, …]}, new. It is on the disk when this returns. NULL on failure, which
 * may leave the file.
 */
json_t *disk_seal_above(const struct disk_fds *d, int dirfd, const char *name, bool whole,
                        struct pyro_error *err) MUST_CHECK;

#endif
