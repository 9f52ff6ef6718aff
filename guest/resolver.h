/*
 * Names: questions of programs here are passed on to the supervisor, which asks the host's
 * resolver. So names are known wherever the host knows them, even where its resolver listens only
 * on its own loopback. Neither question nor answer is looked at.
 */
#ifndef PYRO_GUEST_RESOLVER_H
#define PYRO_GUEST_RESOLVER_H

#include "guest/guest.h"

/* Where it listens: a server of the user's own may have 127.0.0.1. */
#define RESOLVER_ADDRESS "127.0.0.53"

/* Call it before anything else could take the port; failures are reported on the console. */
void resolver_listen(struct guest *g);
/* The stream of questions and answers; one at a time. */
bool resolver_op_datagrams(struct guest *g, uint32_t id, const json_t *request,
                           struct pyro_error *err);
/* A stream that waits for the next connection; one at a time. */
bool resolver_op_connection(struct guest *g, uint32_t id, const json_t *request,
                            struct pyro_error *err);

#endif
