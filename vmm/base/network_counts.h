/*
 * What passed a machine's guard, in a file in the workspace's run directory that the guard has mapped:
 * it cannot be asked, and can open nothing. It is as long as this struct, whatever the guard does.
 */
#ifndef PYRO_NETWORK_COUNTS_H
#define PYRO_NETWORK_COUNTS_H

#include <stdint.h>

#define NETWORK_COUNTS_FILE "network"

struct network_counts {
    uint64_t sent, received; /* by the machine: bytes of frames, with their lengths */
};

#endif
