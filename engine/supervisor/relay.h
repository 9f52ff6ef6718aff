/* Requests that the supervisor only passes on: a client's stream and one to the guest, tied
 * together. */
#ifndef PYRO_SUPERVISOR_RELAY_H
#define PYRO_SUPERVISOR_RELAY_H

#include "engine/supervisor/supervisor.h"

/* Passes on a client's request. */
supervisor_op_fn relay_read;
/* The same for one whose success counts as activity. */
supervisor_op_fn relay_change;
/* Ends every one with this error. */
void relay_fail_all(struct supervisor *s, const struct pyro_error *why);

#endif
