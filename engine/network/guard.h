/*
 * The process between a machine's network device and passt. passt opens a connection wherever a
 * frame says, and so would reach what listens on this host: the guard lets no such frame through.
 * It is a process of its own, started anew (`pyro __network`), so that it shares no memory with
 * anybody; nobody's when root started it; its system calls are read, write, poll and exit.
 */
#ifndef PYRO_NETWORK_GUARD_H
#define PYRO_NETWORK_GUARD_H

#include <stdbool.h>

#include "vmm/base/cleanup.h"

/* Where it finds what it is given. */
enum {
    GUARD_QEMU_FD = 3, /* frames, each with a big-endian u32 of its length before it */
    GUARD_PASST_FD,    /* the same */
    GUARD_CONTROL_FD /* packets: all addresses that are refused, 16 bytes each; its end ends all */
};

int guard_main(void);
/* What it gives up first, for good. */
bool guard_confine(void) MUST_CHECK;

#endif
