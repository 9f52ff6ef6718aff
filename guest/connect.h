/* Connections to this machine's own loopback, for the ports that the host publishes. */
#ifndef PYRO_GUEST_CONNECT_H
#define PYRO_GUEST_CONNECT_H

#include "guest/guest.h"

bool connect_op_connect(struct guest *g, uint32_t id, const json_t *request,
                        struct pyro_error *err);

#endif
