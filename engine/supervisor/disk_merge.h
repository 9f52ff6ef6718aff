/*
 * Joining layers that nobody needs apart: a layer that has no name and exactly one layer on it
 * takes in what that one holds, in QEMU, while the machine runs. So neither reading the disk on the
 * host nor snapshots that come and go make the chain longer and longer.
 *
 * Safe at every instant: while blocks are copied down, the upper layer still hides what is below
 * it. When the upper one is the active layer, the guest's file system is held still from before
 * QEMU lets it go until the record says so: then both have the same content, and either is right.
 */
#ifndef PYRO_SUPERVISOR_DISK_MERGE_H
#define PYRO_SUPERVISOR_DISK_MERGE_H

#include "engine/supervisor/supervisor.h"

#define DISK_MERGE_JOB "merge" /* what QEMU calls it */

/* Begins where there is something to join and nothing else is done with the disk. */
void disk_merge_maybe(struct supervisor *s);
/* Gives one up that is under way, whatever its state. */
void disk_merge_abort(struct supervisor *s);
/* QEMU's events about block jobs. */
void disk_merge_event(struct supervisor *s, const char *event, const json_t *data);

#endif
