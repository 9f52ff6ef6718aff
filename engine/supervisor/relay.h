/* Requests that the supervisor only passes on: a client's stream and one to the guest, tied
 * together. */
#ifndef PYRO_SUPERVISOR_RELAY_H
#define PYRO_SUPERVISOR_RELAY_H

#include "engine/supervisor/supervisor.h"

/* Takes over a client's request; `changes`: success counts as activity. */
void relay_open(struct supervisor *s, struct link *client, uint32_t id, const json_t *request,
                bool changes);
/* Ends every one with this error. */
void relay_fail_all(struct supervisor *s, const struct pyro_error *why);

#endif
