/* Making a layer of a disk from which other machines may start. */
#ifndef PYRO_IMAGE_DISK_SEAL_H
#define PYRO_IMAGE_DISK_SEAL_H

#include "engine/image/view/chain.h"
#include "vmm/base/json.h"

/*
 * Writes into an empty overlay on the disk what makes its file system as one that was unmounted, and
 * takes out of it what belongs to one machine alone: its identity, its keys, the histories of its
 * shells, /run/pyro-…. That and all that was ever removed reads as zeros from the overlay on.
 * `whole`: the overlay gets all that the layers above the base have, and is a layer right on that.
 * {left_out: [path, …]}, new. PYRO_IO, PYRO_NO_SPACE, PYRO_WORKSPACE_STATE for a journal that only
 * Linux can replay.
 */
json_t *disk_seal(struct disk_version d, int overlay_fd, bool whole,
                  struct pyro_error *err) MUST_CHECK;

#endif
