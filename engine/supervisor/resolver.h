/*
 * Names for the guest: what its programs ask goes to the resolvers of this host's /etc/resolv.conf,
 * by UDP and TCP as it was asked, and to nobody else. Nothing in it is looked at. So a guest knows
 * the names that this host knows, wherever its resolver listens.
 */
#ifndef PYRO_SUPERVISOR_RESOLVER_H
#define PYRO_SUPERVISOR_RESOLVER_H

#include "engine/supervisor/supervisor.h"

/* The guest is ready. Does nothing for a machine without a network. */
void resolver_start(struct supervisor *s);
void resolver_stop(struct supervisor *s);

#endif
