/* The captured memory that forks go on from. */
#ifndef PYRO_WORKSPACE_FORK_MEMORY_H
#define PYRO_WORKSPACE_FORK_MEMORY_H

#include "engine/state/record.h"
#include "vmm/ram.h"

#define FORK_DISK_ONLY_HINT "fork its disk alone with --disk-only"

/*
 * The forks' memory as one that they share, where that pays: its descriptor, to be held until they have
 * started. *ret_fd -1: each gets what differs from the template.
 */
bool fork_memory_merge(int dirfd, const struct workspace_record *r, int64_t count, int *ret_fd,
                       struct ram_identity *ret, struct pyro_error *err) MUST_CHECK;
/* Makes it the fork's; merged NULL: it is not. */
bool fork_memory_share(int dirfd, int fork_fd, const struct ram_identity *merged,
                       struct pyro_error *err) MUST_CHECK;
/* Whether it can be used on this host, which has memory for so many: PYRO_SNAPSHOT_STATE,
 * PYRO_NO_MEMORY. */
bool fork_memory_check(int dirfd, const struct workspace_record *r, int64_t count,
                       struct pyro_error *err) MUST_CHECK;

#endif
