/*
 * A control group per command, so that all its descendants can be ended at once, however far they
 * have detached themselves. Without a writable cgroup file system there is none (NULL everywhere).
 */
#ifndef PYRO_GUEST_CGROUP_H
#define PYRO_GUEST_CGROUP_H

#include "guest/guest.h"

struct cgroup {
    struct cgroup *next; /* in the list of all, or of those waiting to be removed */
    int fd;              /* of its directory */
    int usage_fd;        /* of its cpu.stat, once that was read; -1 */
    char name[32];
};

/* Finds the place where groups are created: the root of the file system in a VM, this process's own
 * group on a host. */
void cgroup_setup(struct loop *loop, bool on_host);
/*
 * From now on the kernel reports in which group it killed for lack of memory. It then counts every
 * page, and the first command of a copy takes 10 ms longer: so only callers that want to know ask
 * for it.
 */
void cgroup_count_memory(void);
/* NULL when none can be created. */
struct cgroup *cgroup_new(void);
/* Sends SIGKILL to every process in it; NULL is fine. */
void cgroup_kill(const struct cgroup *c);
/* How many processes of it the kernel killed for lack of memory; 0 when not counted. */
unsigned cgroup_oom_kills(const struct cgroup *c);
/* The CPU time of all that ever ran in it, in microseconds; 0 when not known. */
uint64_t cgroup_usage_us(struct cgroup *c);
/* The sum of that over every group that is there now. */
uint64_t cgroup_usage_of_all_us(void);
/* How many processes are in it, not in groups made inside it. */
unsigned cgroup_count(const struct cgroup *c);
/* Stops the processes of every group, those of groups made inside it too, or lets them go on. It
 * takes effect soon, not at once. */
void cgroup_freeze_all(bool frozen);
/* Whether they were stopped so: nothing can be started now. */
bool cgroup_is_frozen(void);
/*
 * A group some of whose processes still run although it is to be frozen: *ret_events_fd is its
 * cgroup.events, which polls EPOLLPRI when that changes, the caller's; -1 when all are still.
 */
bool cgroup_find_moving(int *ret_events_fd, struct pyro_error *err) MUST_CHECK;
/* Kills, and removes the group once it is empty: by cgroup_sweep(), now or later. Frees c. */
void cgroup_drop(struct cgroup *c);
/* Tries to remove the dropped groups that are left, once this pass of the loop has answered:
 * removing takes the kernel milliseconds. Called when children have ended. */
void cgroup_sweep(void);

#endif
