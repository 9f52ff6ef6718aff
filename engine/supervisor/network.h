/*
 * The carriers of a machine's frames: passt, which opens ordinary connections of this user for
 * them, and in front of it the guard (engine/network/guard.h). Both end with the supervisor. If
 * either ends before that, both are restarted, with growing delays when they do not last; meanwhile
 * the record says why the network is down. The machine keeps running and finds the same network
 * again, without its connections.
 */
#ifndef PYRO_SUPERVISOR_NETWORK_H
#define PYRO_SUPERVISOR_NETWORK_H

#include "engine/supervisor/supervisor.h"

/* Before a start: PYRO_DEPENDENCY_MISSING when the machine is to have a network and passt is
 * missing. */
bool network_check(const struct supervisor *s, struct pyro_error *err) MUST_CHECK;
/* The machine runs. Does nothing for one without a network, and cannot fail: see the record. */
void network_start(struct supervisor *s);
void network_end(struct supervisor *s, const struct pyro_error *why);
/* The network member of `begin`; JSON null: no network. New. */
json_t *network_for_guest(const struct supervisor *s);

#endif
