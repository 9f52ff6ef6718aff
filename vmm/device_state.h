/*
 * The state of a machine's devices as xen-save-devices-state writes it (QEMU: migration/savevm.c),
 * and the streams that bring it back through migrate-incoming.
 *
 *   u32 "QEVM", u32 3; sections, each beginning with a byte of their type; 0: the end
 *
 * It holds no memory at all. A stream that QEMU accepts begins with a configuration section, may
 * have memory after it, and ends with a description (here an empty one). All numbers are
 * big-endian. The small blocks of ROM stay the new QEMU's own: they are the same as long as it is of
 * the same version.
 */
#ifndef PYRO_DEVICE_STATE_H
#define PYRO_DEVICE_STATE_H

#include "vmm/base/buf.h"
#include "vmm/delta.h"
#include "vmm/qmp.h"

#define DEVICE_STATE_BYTES_MAX (16 * 1024 * 1024)

/* Whether xen-save-devices-state is there: else machines of this QEMU cannot be captured. */
bool device_state_is_possible(struct qmp *qmp, int64_t deadline_ms);
/* Saves the devices of a stopped machine. Blocks, a millisecond or two. */
bool device_state_save(struct qmp *qmp, int64_t deadline_ms, struct buf *ret,
                       struct pyro_error *err) MUST_CHECK;
/* Whether these bytes can be such a state. PYRO_RECORD_INVALID. */
bool device_state_check(const void *bytes, size_t n, struct pyro_error *err) MUST_CHECK;
/*
 * Writes the stream of a checked state to a descriptor, which may be a pipe. `delta` (NULL: no
 * memory at all): the pages that differ from what the new QEMU maps. The incoming side must not have
 * the capability x-ignore-shared. May block.
 */
bool device_state_stream(const void *state, size_t n, const struct delta *delta, int fd,
                         struct pyro_error *err) MUST_CHECK;

#endif
