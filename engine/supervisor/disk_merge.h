/*
 * Keeping the chain of layers short while the machine runs, so that neither reading the disk on the
 * host nor snapshots make it longer and longer. Both ways are block jobs of QEMU:
 *
 * - Joining: a layer that has no name and exactly one layer on top absorbs that one. While blocks
 *   are copied down, the upper layer still hides what is below it. When the upper one is the active
 *   layer, the guest's file system is frozen from before QEMU releases it until the record says so:
 *   then both have the same content, and either is right.
 *
 * - Flattening, where all layers of a long chain have names: one of them gets a copy of everything
 *   between it and the baseline, and is based on the baseline from then on. Its content is the same
 *   at every moment, whichever layer is below. The layers between stay for the snapshots that name
 *   them, but the machine no longer uses them. If a flattening is cut short, what it copied stays,
 *   and the next one continues from there.
 */
#ifndef PYRO_SUPERVISOR_DISK_MERGE_H
#define PYRO_SUPERVISOR_DISK_MERGE_H

#include "engine/supervisor/supervisor.h"

#define DISK_MERGE_JOB "merge" /* its name in QEMU */

/* Starts a job if there is something to join and the disk is otherwise idle. */
void disk_merge_maybe(struct supervisor *s);
/* A request waits for the disk: a flattening is cut short, unless the chain has no room for
 * more. */
void disk_merge_yield(struct supervisor *s);
/* Gives up the current job, whatever its state. */
void disk_merge_abort(struct supervisor *s);
/* QEMU's events about block jobs. */
void disk_merge_event(struct supervisor *s, const char *event, const json_t *data);

#endif
