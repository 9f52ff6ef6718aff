/* What this host's own network looks like. */
#ifndef PYRO_NETWORK_HOST_H
#define PYRO_NETWORK_HOST_H

#include <net/if.h>

#include "engine/network/frame.h"
#include "vmm/base/error.h"

/* All addresses of this host. False when they cannot be had, or are too many. */
bool host_addresses(struct frame_refused *ret, struct pyro_error *err) MUST_CHECK;
/* Readable whenever an address of this host comes or goes: drain it. -1 on failure. */
int host_watch_addresses(struct pyro_error *err) MUST_CHECK;
/* Whether there is a default route of this family. */
bool host_has_route(int family);
/* The first resolver of /etc/resolv.conf that does not listen on this host's loopback, where a
 * guest cannot reach it. */
bool host_resolver(char ret[64]);
/* An interface to take for one that leads out where no default route names one; "lo" if there is no
 * other. */
void host_any_interface(char ret[IF_NAMESIZE]);

#endif
