/* The machine's TCP connections that lead out of it, as the kernel lists them for this network namespace. */
#ifndef PYRO_GUEST_CONNECTIONS_H
#define PYRO_GUEST_CONNECTIONS_H

#include <stddef.h>

#define CONNECTIONS_MAX 4096

struct connections {
    unsigned long inodes[CONNECTIONS_MAX]; /* of their sockets */
    size_t count;                          /* of those, at most CONNECTIONS_MAX … */
    size_t established;                    /* … and how many of them both ends agree on */
};

/* Those that a process has open. */
void connections_find(struct connections *ret);

#endif
