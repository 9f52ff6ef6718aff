/* Confining pyro-image before it parses anything. */
#ifndef PYRO_IMAGE_JAIL_H
#define PYRO_IMAGE_JAIL_H

#include "vmm/base/error.h"

/* The parts that a host may not allow. */
enum jail_missing {
    JAIL_WITHOUT_NOBODY = 1 << 0, /* started by root, and even root may not change its ids here */
    JAIL_WITHOUT_LANDLOCK = 1 << 1
};

/*
 * For the rest of this process: no new privileges, no core dumps, bounded memory, user nobody where
 * root started it, and only the system calls that reading, writing and allocating need. Nothing can
 * be opened, and no other process reached. Without the filter it does not go on; anything else a
 * host does not allow is left out. Sanitizer builds leave the filter and the memory limit out.
 */
bool jail_enter(struct pyro_error *err) MUST_CHECK;
/* The parts left out: enum jail_missing bits. */
unsigned jail_missing(void);

#endif
