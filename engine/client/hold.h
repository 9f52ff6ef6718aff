/*
 * A layer of a workspace's disk that does not change while it is read on the host (view.h): of a
 * running workspace the disk at the time of opening, while the machine continues on a layer above;
 * of a stopped one the active layer, with the workspace locked.
 */
#ifndef PYRO_CLIENT_HOLD_H
#define PYRO_CLIENT_HOLD_H

#include <stdint.h>

#include "engine/client/handle.h"
#include "vmm/base/error.h"

struct disk_hold;

enum disk_hold_use {
    DISK_HOLD_READS, /* nothing else: of a suspended one too, as it has left its disk */
    DISK_HOLD_SHARES /* others get layers of it, and it goes on upon a new one */
};

/* Blocks for some milliseconds, while the guest's file system is frozen. NULL:
 * PYRO_WORKSPACE_STATE, PYRO_WORKSPACE_BUSY, PYRO_GUEST_LOST, … */
struct disk_hold *disk_hold_open(const struct workspace_handle *o, enum disk_hold_use use,
                                 struct pyro_error *err) MUST_CHECK;
/* The same of a running workspace, with its machine's memory of that moment. PYRO_WORKSPACE_STATE: it
 * does not run. */
struct disk_hold *disk_hold_open_memory(const struct workspace_handle *o,
                                        struct pyro_error *err) MUST_CHECK;
/* The directory of that, below the workspace's, as long as it is held; -1 on failure. */
int disk_hold_memory(const struct disk_hold *hold, const struct workspace_handle *o,
                     struct pyro_error *err) MUST_CHECK;
/* The supervisor that holds it; 0: none, the workspace does not run. */
pid_t disk_hold_pid(const struct disk_hold *hold);
/* The layer to read, for disk_fds_open(). Load the record after opening the hold. */
uint32_t disk_hold_layer(const struct disk_hold *hold);
/* Whether the workspace runs; if not, its lock is held. */
bool disk_hold_is_running(const struct disk_hold *hold);
/* Whether nothing can write to the layer (of a stopped workspace: while the lock is held). */
bool disk_hold_is_frozen(const struct disk_hold *hold);
/* Whether the hold has lasted until now: a supervisor that died may have a successor that does not
 * know of it. */
bool disk_hold_lasts(const struct disk_hold *hold);
/* NULL is fine. The supervisor joins the layers again when nobody else holds one. */
void disk_hold_close(struct disk_hold *hold);

#endif
