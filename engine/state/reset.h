/* Resetting a workspace: the changes in its record and directory, in order. */
#ifndef PYRO_RESET_H
#define PYRO_RESET_H

#include "engine/state/record.h"

/*
 * The commit point of a reset: the record, on the disk, says that a new layer on the snapshot
 * (`baseline`: left by `create`) is the active one, and that the history is to be cleared. Before
 * it nothing has changed, after it everything has. Call with the workspace's lock held. The record
 * is unchanged when this fails. `memory`: the next start goes on from the snapshot's memory, with the
 * history that was kept with it.
 */
bool disk_reset_commit(int dirfd, struct workspace_record *r, const char *snapshot, bool memory,
                       struct pyro_error *err) MUST_CHECK;
/*
 * The rest after the commit, for the next holder of the lock: removes shells, services, commands
 * and layers that are no longer needed. May be repeated, and does nothing when there is nothing to
 * do. The caller saves the record.
 */
bool disk_reset_finish(int dirfd, struct workspace_record *r, struct pyro_error *err) MUST_CHECK;

#endif
