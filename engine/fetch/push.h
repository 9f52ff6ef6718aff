/* What a registry is to have, given to it (distribution-spec, "Push"). */
#ifndef PYRO_FETCH_PUSH_H
#define PYRO_FETCH_PUSH_H

#include "engine/fetch/client.h"

/*
 * Makes sure that the registry has the job's blobs, each by the least that does it: it has it, it
 * takes it from the repository that the job names, or it is sent. Those that are not here either
 * are `missing`; if there are none, and the job names a manifest, that is put under its tag, or
 * else its digest. {missing: [digest, …], sent: bytes, shared: how many were not sent}, the
 * caller's; NULL on failure.
 */
json_t *push(struct client *c, struct pyro_error *err) MUST_CHECK;

#endif
