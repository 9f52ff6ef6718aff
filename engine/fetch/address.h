/* How far away an IP address is: what a server on the internet may not send a client to. */
#ifndef PYRO_FETCH_ADDRESS_H
#define PYRO_FETCH_ADDRESS_H

#include <stdbool.h>

enum address_reach {
    ADDRESS_PUBLIC,
    ADDRESS_PRIVATE,  /* of a site: 10.0.0.0/8, fc00::/7, … */
    ADDRESS_LOOPBACK, /* this machine */
    ADDRESS_SPECIAL,  /* of a link, a cloud's metadata, multicast, or none at all */
};

/* Of an address in text form, without brackets; false if it is none. */
bool address_reach(const char *text, enum address_reach *ret);
/*
 * Whether a server of reach `from` may send a client to an address of reach `to`: to the internet
 * always, else no nearer than it is itself, and never to a special one.
 */
bool address_may_lead(enum address_reach from, enum address_reach to);

#endif
