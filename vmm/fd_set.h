/*
 * QEMU's descriptor sets: a set for each layer of the disk, with its id, out of which QEMU takes
 * the descriptor that it needs, read-only or writable, whenever it opens the layer's node again.
 *
 * A layer that is not written any more must not be writable either: QEMU itself opens the node
 * again read-only, if the set has such a descriptor, and whoever has asked for that calls
 * fd_set_keep_writable(). A job that writes into a lower layer is given one for its time only.
 */
#ifndef PYRO_FD_SET_H
#define PYRO_FD_SET_H

#include "vmm/qmp.h"

/* What tells the descriptors of a set apart: -add-fd …,opaque= */
#define FD_SET_READ_ONLY "read-only"
#define FD_SET_WRITABLE "writable"

/* Hands QEMU a copy of the descriptor as one more of the set: /dev/fdset/SET. Blocks. */
bool fd_set_add(struct qmp *qmp, unsigned set, int fd, bool writable, int64_t deadline_ms,
                struct pyro_error *err) MUST_CHECK;
/* Takes back every writable descriptor but those of this set. Nodes that are open for writing keep
 * theirs until QEMU opens them again. Blocks. */
bool fd_set_keep_writable(struct qmp *qmp, unsigned set, int64_t deadline_ms,
                          struct pyro_error *err) MUST_CHECK;

#endif
