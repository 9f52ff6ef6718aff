/* The table of requests the guest answers; docs/wire.md documents each. */
#ifndef PYRO_GUEST_OPS_H
#define PYRO_GUEST_OPS_H

#include "guest/guest.h"

/* Dispatches one opened stream; an impossible request is answered with an error. */
void ops_dispatch(struct guest *g, uint32_t id, const json_t *request);

#endif
