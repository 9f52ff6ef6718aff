/*
 * How a program of libexec gives up its rights, for good, before it reads the first foreign byte:
 * what pyro-image, pyro-http and pyro-metrics have in common. Each adds the calls that its own work
 * needs, as rows; none of these may open a path, start a program or reach another process.
 */
#ifndef PYRO_HELPER_JAIL_H
#define PYRO_HELPER_JAIL_H

#include "vmm/base/confine.h"
#include "vmm/base/error.h"

/* The parts that a host may not allow. */
enum jail_missing {
    JAIL_WITHOUT_NOBODY = 1 << 0, /* started by root, and even root may not change its ids here */
    JAIL_WITHOUT_LANDLOCK = 1 << 1
};

#define HELPER_ALLOW(name) { .call = SYS_##name, .action = CONFINE_ALLOW }
#define HELPER_ALLOW_EQUAL(name, n, wanted)                                                        \
    { .call = SYS_##name,                                                                          \
      .action = CONFINE_ALLOW,                                                                     \
      .when = CONFINE_EQUAL,                                                                       \
      .arg = (n),                                                                                  \
      .value = (uint32_t)(wanted) }

struct helper_jail {
    const struct confine_rule *further; /* calls beyond the common ones */
    size_t count;
    rlim_t memory_max_bytes;
};

/*
 * For the rest of this process: no new privileges, no core dumps, bounded memory, user nobody where
 * root started it, and only the system calls that computing, reading and writing need, and the
 * further ones. Nothing can be opened, and no other process reached. Without the filter it does not
 * go on; anything else a host does not allow is left out, and added to *ret_missing (enum
 * jail_missing bits). Sanitizer builds leave the filter and the memory limit out.
 */
bool helper_jail_enter(const struct helper_jail *jail, unsigned *ret_missing,
                       struct pyro_error *err) MUST_CHECK;

#endif
