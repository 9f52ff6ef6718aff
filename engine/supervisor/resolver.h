/*
 * Names for the guest: the questions of its programs go to the resolvers of this host's
 * /etc/resolv.conf, by UDP or TCP as they were asked, and nowhere else, without being looked at. So
 * a guest knows the names that this host knows, wherever its resolver listens.
 */
#ifndef PYRO_SUPERVISOR_RESOLVER_H
#define PYRO_SUPERVISOR_RESOLVER_H

#include "engine/supervisor/supervisor.h"

/* The guest is ready. Does nothing for a machine without a network. */
void resolver_start(struct supervisor *s);
void resolver_end(struct supervisor *s, const struct pyro_error *why);

#endif
