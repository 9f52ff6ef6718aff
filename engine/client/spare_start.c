/* engine/client/spare_start.c: the command line of `pyro __spare`. */
#include "engine/client/spare_start.h"

#include <inttypes.h>
#include <stdio.h>

#include "vmm/base/proc.h"

bool spare_start(const struct spare_wish *wish, pid_t keeper, pid_t *ret_child)
{
    char vcpus[24], mib[24], pid[24];
    const char *const argv[] = { "/proc/self/exe",
                                 "__spare",
                                 wish->environment,
                                 vcpus,
                                 mib,
                                 wish->network ? "on" : "off",
                                 pid,
                                 NULL };
    struct proc_spec spec = proc_spec_of(argv);

    snprintf(vcpus, sizeof(vcpus), "%" PRId64, wish->vcpu_count);
    snprintf(mib, sizeof(mib), "%" PRId64, wish->mem_mib);
    snprintf(pid, sizeof(pid), "%d", (int)keeper);
    /* As a machine that is made at once: what claims the spare must find itself in it (place.h). */
    spec.inherit = INHERIT_PYRO | INHERIT_PERSON | INHERIT_UMASK | INHERIT_FILE_LIMIT;
    spec.new_session = true;
    return proc_start(&spec, ret_child, NULL);
}
