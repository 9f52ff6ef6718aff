/*
 * Names: what programs here ask is passed on to the supervisor, which asks the host's resolver. So
 * names are known wherever the host knows them, also where its resolver listens only on its own
 * loopback. Nothing in a question or an answer is looked at.
 */
#ifndef PYRO_GUEST_RESOLVER_H
#define PYRO_GUEST_RESOLVER_H

#include "guest/guest.h"

/* Where it listens: a server of the user's own may have 127.0.0.1. */
#define RESOLVER_ADDRESS "127.0.0.53"

/* Before anybody else could take the port; what cannot be had is told on the console. */
void resolver_listen(struct guest *g);
/* The stream of questions and answers; one at a time. */
bool resolver_op_datagrams(struct guest *g, uint32_t id, const json_t *request,
                           struct pyro_error *err);
/* A stream that waits for the next connection; one at a time. */
bool resolver_op_connection(struct guest *g, uint32_t id, const json_t *request,
                            struct pyro_error *err);

#endif
