/*
 * Keeping the chain of layers short while the machine runs, so that neither reading the disk on the
 * host nor snapshots make it longer and longer. Both ways are block jobs of QEMU:
 *
 * - Joining: a layer that has no name and exactly one layer on it takes in what that one holds.
 *   While blocks are copied down, the upper layer still hides what is below it. When the upper one
 *   is the active layer, the guest's file system is held still from before QEMU lets it go until
 *   the record says so: then both have the same content, and either is right.
 * - Flattening, where all layers of a long chain have names: one of them gets a copy of all that
 *   lies between it and the baseline, and stands on the baseline then. What it holds stays the same
 *   at every instant, whatever it stands on. The layers between stay where they are, for the
 *   snapshots that name them, and are no longer under the machine. What was copied stays when a
 *   flattening is cut short; the next one goes on from there.
 */
#ifndef PYRO_SUPERVISOR_DISK_MERGE_H
#define PYRO_SUPERVISOR_DISK_MERGE_H

#include "engine/supervisor/supervisor.h"

#define DISK_MERGE_JOB "merge" /* what QEMU calls it */

/* Begins where there is something to join and nothing else is done with the disk. */
void disk_merge_maybe(struct supervisor *s);
/* Somebody waits for the disk: a flattening is cut short, unless the chain has no room for more. */
void disk_merge_yield(struct supervisor *s);
/* Gives one up that is under way, whatever its state. */
void disk_merge_abort(struct supervisor *s);
/* QEMU's events about block jobs. */
void disk_merge_event(struct supervisor *s, const char *event, const json_t *data);

#endif
