/* The captured memory that forks go on from. */
#ifndef PYRO_WORKSPACE_FORK_MEMORY_H
#define PYRO_WORKSPACE_FORK_MEMORY_H

#include "engine/state/record.h"
#include "vmm/base/json.h"
#include "vmm/ram.h"

#define FORK_DISK_ONLY_HINT "fork its disk alone with --disk-only"

/*
 * What the forks of a memory share.
 *
 * Of a machine that runs it is captured as an upper memory (vmm/ram.h), from which any number goes on as it is.
 * A snapshot's is in a file: several get it merged with its template's into one, where one alone gets the
 * pages that differ.
 */
struct fork_memory {
    int fd;                     /* to be held until they have started; -1: there is none */
    struct ram_identity merged; /* what it is, if it was merged; else without a digest */
};
#define FORK_MEMORY_INIT { .fd = -1 }

/* `holder`: the supervisor that has captured it; 0: none. */
bool fork_memory_prepare(int dirfd, pid_t holder, const json_t *record,
                         const struct workspace_record *r, int64_t count, struct fork_memory *ret,
                         struct pyro_error *err) MUST_CHECK;
/* Makes it the fork's. */
bool fork_memory_share(int dirfd, int fork_fd, const struct fork_memory *shared,
                       struct pyro_error *err) MUST_CHECK;
void fork_memory_release(struct fork_memory *m);
/* Whether it can be used on this host, which has memory for so many: PYRO_SNAPSHOT_STATE,
 * PYRO_NO_MEMORY. */
bool fork_memory_check(int dirfd, const struct workspace_record *r, int64_t count,
                       struct pyro_error *err) MUST_CHECK;

#endif
