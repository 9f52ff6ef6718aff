/*
 * The supervisor's work on the disk of its running machine: snapshots, the baseline, layers held
 * for readers on the host, and the commit of a reset.
 *
 * All of them come down to one step, taken while the guest's file system is frozen: a new, empty
 * layer on top takes the writes from now on, and the one below becomes read-only. The record lists
 * the new layer as the active one before QEMU has it, which is right even after a crash: a layer
 * that nothing was written to changes nothing.
 */
#ifndef PYRO_SUPERVISOR_DISK_OPS_H
#define PYRO_SUPERVISOR_DISK_OPS_H

#include "engine/supervisor/supervisor.h"

/*
 * {"op": "disk", "do": "snapshot"|"delete", "name": NAME}: the snapshot's name, {} ;
 * {"op": "disk", "do": "seal"}: what is on the disk now is the baseline: {};
 * {"op": "disk", "do": "hold"}: the message {layer, frozen}, a layer that stays as it is until the
 * stream is closed; frozen: for good, once its file has another name, for QEMU cannot write to it.
 */
supervisor_op_fn disk_ops_dispatch;
/* The operation in progress, if any, has failed. */
void disk_ops_fail(struct supervisor *s, const struct pyro_error *why);
/* A client's connection is closing: nothing waits there any more. */
void disk_ops_client_gone(struct supervisor *s, const struct link *client);
/* After an adoption: which layer QEMU really writes to. */
void disk_ops_reconcile(struct supervisor *s);

/*
 * Commits a reset: from here on the record says that the workspace is as the snapshot (or
 * `baseline`) was, and that its history is to be cleared. The caller ends the machine, which is
 * writing to a layer that is gone. `memory`: the next one goes on from the snapshot's memory.
 */
bool disk_ops_reset(struct supervisor *s, const char *snapshot, bool memory,
                    struct pyro_error *err) MUST_CHECK;

#endif
