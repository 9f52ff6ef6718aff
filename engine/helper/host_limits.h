/* What this process may use of the host: all of it, or what an administrator or a scheduler gave its
 * control group (cgroups(7), both versions) and its affinity. */
#ifndef PYRO_HOST_LIMITS_H
#define PYRO_HOST_LIMITS_H

#include <stdint.h>

#include "vmm/base/error.h"

/* Whole processors, at least 1. */
int64_t host_cpus(void);
/* Bytes of memory. */
int64_t host_memory(void);
/* … of which so many can be had now, without what others use being written to a swap space. */
int64_t host_memory_available(void);
/* Whether a machine of this size may be started: a scheduler would kill what takes more than it
 * gave. PYRO_INVALID_ARGUMENT, with the figure. */
bool host_check_machine(int64_t vcpu_count, int64_t mem_mib, struct pyro_error *err) MUST_CHECK;

#endif
