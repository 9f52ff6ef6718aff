/* The listeners on a TCP port: the kernel's numbers of the sockets. */
#ifndef PYRO_GUEST_LISTENERS_H
#define PYRO_GUEST_LISTENERS_H

#include <stdbool.h>
#include <stdint.h>

#define LISTENERS_MAX 32

struct listeners {
    unsigned count; /* how many were looked at; more are ignored */
    uint64_t inode[LISTENERS_MAX];
};

/* The sockets that listen on a port now, on any address. */
void listeners_of(uint16_t port, struct listeners *ret);
/* Whether any listens now, and each that does listened before. */
bool listeners_are_old(const struct listeners *now, const struct listeners *before);

#endif
