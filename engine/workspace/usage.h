/*
 * Resources of the host that one workspace uses, read from /proc, stat(2) and what the guard counts;
 * no other process is involved.
 *
 * A workspace's processes are its supervisor, the supervisor's descendants, and its QEMU, which is
 * not a child any more once a supervisor was replaced. The supervisor is known by its command line.
 */
#ifndef PYRO_WORKSPACE_USAGE_H
#define PYRO_WORKSPACE_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "vmm/base/cleanup.h"

struct usage_process {
    pid_t pid; /* 0: not known */
    uint64_t start_time;
};

struct usage {
    double cpu_seconds;      /* since its processes started, of those that have ended too */
    uint64_t memory_bytes;   /* resident and its own: pages that clones of a template share are not
                              counted */
    bool supervisor_stopped; /* by a signal (SIGSTOP): it does not answer until it is continued */
    pid_t supervisor, vm;    /* of which; 0: not known then */
};

/* Calls fn for each supervisor of this user's: one pass over /proc. */
typedef void usage_supervisor_fn(void *arg, const char *id, struct usage_process supervisor);
void usage_each_supervisor(usage_supervisor_fn *fn, void *arg);
struct usage usage_of(struct usage_process supervisor, struct usage_process vm);
/* The share of one processor used between two looks, `ms` apart; below 0: they were at different processes,
 * whose times cannot be compared. */
double usage_share(const struct usage *before, const struct usage *now, int64_t ms);
/* What its disk and layers have allocated, in a workspace's directory. */
uint64_t usage_disk_bytes(int dir_fd);

/* Of the guard between a machine and its network (engine/network/guard.h), since the machine
 * started: frames' bytes, four more for each. Zero without a network. */
struct usage_network {
    uint64_t sent_bytes, received_bytes; /* by the machine */
};
struct usage_network usage_of_network(int dir_fd);

#endif
