/*
 * The process between a machine's network device and passt. passt opens a connection wherever a
 * frame says, and so would reach servers on this host: the guard lets no such frame through. It is
 * a process of its own, started by exec (`pyro __network`), so that it shares no memory with
 * others; it runs as nobody if root started it; its system calls are read, write, poll and exit.
 */
#ifndef PYRO_NETWORK_GUARD_H
#define PYRO_NETWORK_GUARD_H

#include <stdbool.h>

#include "vmm/base/cleanup.h"

/* The descriptors it is given. */
enum {
    GUARD_QEMU_FD = 3, /* frames, each with a big-endian u32 of its length before it */
    GUARD_PASST_FD,    /* the same */
    /* Packets of its own socket. To the guard: all addresses that are refused, 16 bytes each; when
       it closes, the guard ends. From it: struct frame_refusal, FRAME_REFUSALS_MAX at most; what
       does not fit into the socket is lost, since the guard waits for nobody. */
    GUARD_CONTROL_FD,
    GUARD_COUNTS_FD /* the file of network_counts.h: mapped, and closed */
};

int guard_main(void);
/* Gives up its rights, for good; called first. */
bool guard_confine(void) MUST_CHECK;

#endif
