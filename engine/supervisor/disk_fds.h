/* The descriptors of layers that a running QEMU has: read-only ones of all, a writable one of the
 * active layer, and of others only while layers are joined. */
#ifndef PYRO_SUPERVISOR_DISK_FDS_H
#define PYRO_SUPERVISOR_DISK_FDS_H

#include "engine/supervisor/supervisor.h"

/* Gives QEMU a descriptor of a layer. Blocks. */
bool disk_fds_give(struct supervisor *s, uint32_t layer, bool writable,
                   struct pyro_error *err) MUST_CHECK;
/* Lends QEMU a writable one of a lower layer, until disk_fds_settle(). Blocks. */
bool disk_fds_lend(struct supervisor *s, uint32_t layer, struct pyro_error *err) MUST_CHECK;
/* Takes back what is writable, but for the active layer's. Failure is told in the supervisor's log:
 * the layers are as good, only less well guarded. Blocks. */
void disk_fds_settle(struct supervisor *s);

#endif
