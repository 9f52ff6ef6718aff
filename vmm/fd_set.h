/*
 * QEMU's descriptor sets: a set for each layer of the disk, with its id, from which QEMU takes the
 * descriptor that it needs, read-only or writable, whenever it opens the layer's node again.
 *
 * A layer that is no longer written must not be writable either: QEMU itself opens the node again
 * read-only, if the set has such a descriptor, and the caller that asked for that calls
 * fd_set_keep_writable(). A job that writes into a lower layer is lent one only while it runs.
 *
 * QEMU's locks stay on a descriptor for as long as the set has it, even when its node has been
 * opened again with another: the new one then meets them. So the descriptor that a node is to be
 * opened again with takes the place of what the set had.
 */
#ifndef PYRO_FD_SET_H
#define PYRO_FD_SET_H

#include "vmm/qmp.h"

/* Tells the descriptors of a set apart: -add-fd …,opaque= */
#define FD_SET_READ_ONLY "read-only"
#define FD_SET_WRITABLE "writable"

/* Hands QEMU a copy of the descriptor as one more of the set: /dev/fdset/SET. Blocks. */
bool fd_set_add(struct qmp *qmp, unsigned set, int fd, bool writable, int64_t deadline_ms,
                struct pyro_error *err) MUST_CHECK;
/* Hands QEMU two descriptors of a layer, one of each kind, in place of those that the set had.
 * Blocks. */
bool fd_set_lend(struct qmp *qmp, unsigned set, int read_only_fd, int writable_fd,
                 int64_t deadline_ms, struct pyro_error *err) MUST_CHECK;
/* Takes back every writable descriptor but those of this set. Nodes that are open for writing keep
 * theirs until QEMU opens them again. Blocks. */
bool fd_set_keep_writable(struct qmp *qmp, unsigned set, int64_t deadline_ms,
                          struct pyro_error *err) MUST_CHECK;

#endif
