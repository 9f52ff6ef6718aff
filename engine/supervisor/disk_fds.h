/* The descriptors of layers that a running QEMU has: read-only ones of all layers, a writable one
 * of the active layer and, only while layers are joined, of others. */
#ifndef PYRO_SUPERVISOR_DISK_FDS_H
#define PYRO_SUPERVISOR_DISK_FDS_H

#include "engine/supervisor/supervisor.h"

/* Gives QEMU a descriptor of a layer. Blocks. */
bool disk_fds_give(struct supervisor *s, uint32_t layer, bool writable,
                   struct pyro_error *err) MUST_CHECK;
/* Gives QEMU a writable one of a lower layer, until disk_fds_take_back(). Blocks. */
bool disk_fds_lend(struct supervisor *s, uint32_t layer, struct pyro_error *err) MUST_CHECK;
/* Removes the writable ones except the active layer's. A failure (false) goes to the supervisor's log: the
 * layers are intact, only less well guarded. Blocks. */
bool disk_fds_take_back(struct supervisor *s);

#endif
