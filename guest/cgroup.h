/*
 * A control group per command, so that all its descendants can be ended at once, however far they
 * have detached themselves. Without a writable cgroup file system there is none (NULL everywhere).
 */
#ifndef PYRO_GUEST_CGROUP_H
#define PYRO_GUEST_CGROUP_H

#include "guest/guest.h"

struct cgroup {
    struct cgroup *next; /* in the list of those that wait to be removed */
    int fd;              /* of its directory */
    char name[32];
};

/* Finds the place where groups are made: the root of the file system in a VM, this process's own
 * group on a host. */
void cgroup_setup(struct loop *loop, bool on_host);
/*
 * From now on the kernel tells in which group it killed for want of memory. It then counts every
 * page, and the first command of a copy takes 10 ms longer: asked for by what wants to know.
 */
void cgroup_count_memory(void);
/* NULL when there can be none. */
struct cgroup *cgroup_new(void);
/* Sends SIGKILL to all that are in it; NULL is fine. */
void cgroup_kill(const struct cgroup *c);
/* How many processes of it the kernel killed for want of memory; 0 where nobody counts. */
unsigned cgroup_oom_kills(const struct cgroup *c);
/* How many processes are in it, not in groups made inside it. */
unsigned cgroup_count(const struct cgroup *c);
/* Kills, and removes the group once it is empty: by cgroup_sweep(), now or later. Frees c. */
void cgroup_drop(struct cgroup *c);
/* Tries to remove what is left of dropped groups, once this pass of the loop has answered: removing
 * takes the kernel milliseconds. Called when children have ended. */
void cgroup_sweep(void);

#endif
