/* The network device of a machine that has one: its driver, addresses and routes. */
#ifndef PYRO_GUEST_NETWORK_H
#define PYRO_GUEST_NETWORK_H

#include "guest/guest.h"

/* Loads the driver when there is a device; part of the template. */
void network_load(void);
/*
 * Configures eth0 by the member "network" of `begin`: {mac, address, gateway} and, where the host
 * has IPv6, {address6, gateway6}; addresses with their prefix length. Can be repeated. JSON null or
 * NULL: the machine has no network, and nothing is done.
 */
bool network_configure(struct guest *g, const json_t *network, struct pyro_error *err) MUST_CHECK;

#endif
