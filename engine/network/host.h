/* This host's own network. */
#ifndef PYRO_NETWORK_HOST_H
#define PYRO_NETWORK_HOST_H

#include <net/if.h>
#include <sys/socket.h>

#include "engine/network/frame.h"
#include "vmm/base/error.h"

/* All addresses of this host. False when they cannot be read, or are too many. */
bool host_addresses(struct frame_refused *ret, struct pyro_error *err) MUST_CHECK;
/* Readable whenever an address of this host comes or goes: drain it. -1 on failure. */
int host_watch_addresses(struct pyro_error *err) MUST_CHECK;
/* Whether there is a default route of this family. */
bool host_has_route(int family);
/* The gateway of the default route of IPv4. */
bool host_gateway(struct in_addr *ret);
#define HOST_RESOLVERS_MAX 3

struct host_resolver {
    struct sockaddr_storage address; /* port 53 */
    socklen_t size;
};

/* Those of the text of a resolv.conf(5), in order; if it names none, this host itself. Returns how
 * many: 1 to HOST_RESOLVERS_MAX. */
unsigned resolvers_parse(const char *text, struct host_resolver ret[HOST_RESOLVERS_MAX]);
/* Those of /etc/resolv.conf. */
unsigned host_resolvers(struct host_resolver ret[HOST_RESOLVERS_MAX]);
/* An interface to treat as the outgoing one when no default route names one; "lo" if there is no
 * other. */
void host_any_interface(char ret[IF_NAMESIZE]);

#endif
