/* Resetting a workspace: what is changed in its record and directory, and in which order. */
#ifndef PYRO_DISK_RESET_H
#define PYRO_DISK_RESET_H

#include "engine/state/record.h"

/*
 * The commit point of a reset: the record, on the disk, says that a new layer on the snapshot
 * (`baseline`: what `create` left) is the active one, and that the history is to be cleared. Before
 * it nothing has changed, after it everything has. Call with the workspace's lock held. The record
 * is as it was when this fails.
 */
bool disk_reset_commit(int dirfd, struct workspace_record *r, const char *snapshot,
                       struct pyro_error *err) MUST_CHECK;
/*
 * What is left to do after the commit, for whoever holds the lock: shells, services, commands and
 * layers that are not needed any more are removed. May be done again; nothing when there is
 * nothing. The caller saves the record.
 */
bool disk_reset_finish(int dirfd, struct workspace_record *r, struct pyro_error *err) MUST_CHECK;

#endif
