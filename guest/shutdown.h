/* The end of the machine: the request `shutdown`. */
#ifndef PYRO_GUEST_SHUTDOWN_H
#define PYRO_GUEST_SHUTDOWN_H

#include "guest/guest.h"

bool shutdown_op_shutdown(struct guest *g, uint32_t id, const json_t *request,
                          struct pyro_error *err);
/* On a host: the supervisor is gone; kills everything started and exits. */
void shutdown_host_gone(void);
/* No child is left; a shutdown that waits for that goes on. */
void shutdown_no_children(struct guest *g);

#endif
