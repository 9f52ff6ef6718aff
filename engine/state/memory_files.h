/*
 * Captured machines in a workspace's directory: snapshots/NAME/ of a snapshot with memory, which has
 * the files of vmm/saved.h, and shells/, services/ and commands/ as they were at that moment; and
 * suspended/ of a suspended machine, with those of vmm/saved.h alone. The latter is of use while the
 * record says WORKSPACE_SUSPENDED: before the machine goes on it says something else, for good.
 *
 * It is made under another name and renamed, so it exists whole or not at all; the record names the
 * snapshot after that. One that the record does not name is debris.
 */
#ifndef PYRO_MEMORY_FILES_H
#define PYRO_MEMORY_FILES_H

#include "engine/state/layers.h"

#define MEMORY_DIR "snapshots"
#define MEMORY_DIR_NEW MEMORY_DIR "/.new" /* one at a time is being made */

#define MEMORY_SUSPENDED "suspended"
#define MEMORY_SUSPENDED_NEW ".suspended"
#define MEMORY_SUSPENDED_PACKED                                                                    \
    ".suspended.zst" /* locked by the process that writes it (memory_pack.h) */

/* Removes what a suspended machine had, and what was to become that. */
void memory_forget_suspended(int workspace_fd);
/* The directory of a snapshot's memory, relative to the workspace's; -1 on failure. */
int memory_open(int workspace_fd, const char *snapshot, struct pyro_error *err) MUST_CHECK;
/* Removes what the layers' snapshots do not name. Failures are left to the next sweep. */
void memory_sweep(int workspace_fd, const struct disk_layers *l);

/*
 * Captured for those who make forks of it while the machine runs on: MEMORY_CAPTURES/NUMBER, until
 * they are done. Of a supervisor that is gone all of them are debris.
 */
#define MEMORY_CAPTURES "captures"
/* The place of one, into ret[32]; made with all of it by renaming MEMORY_DIR_NEW. */
void memory_capture_path(uint32_t number, char ret[32]);
void memory_remove_capture(int workspace_fd, uint32_t number);

/* What a fork goes on from, in the place of a snapshot's: from_dirfd has it. Links, where that is
 * possible: nothing of it is ever written. */
#define MEMORY_FORK ".fork"
bool memory_share(int from_dirfd, int fork_fd, struct pyro_error *err) MUST_CHECK;

/* Replaces the history of a workspace that does not run by what was kept with the memory; synced, but
 * for a fork's (kept_history_sync()). */
bool memory_bring_back(int workspace_fd, const char *snapshot, struct pyro_error *err) MUST_CHECK;

/* Copies a regular file as far as `size` bytes (-1: all of it), holes as holes. Neither is synced:
 * memory_sync(). */
bool memory_copy_file(int from_dirfd, int to_dirfd, const char *name, int64_t size,
                      struct pyro_error *err) MUST_CHECK;
/* A directory of files and directories, to a place where it is not yet. */
bool memory_copy_tree(int from_dirfd, int to_dirfd, const char *name,
                      struct pyro_error *err) MUST_CHECK;
/* Puts all that was written below a directory on the disk, and all else of its file system. */
bool memory_sync(int dirfd, struct pyro_error *err) MUST_CHECK;

#endif
