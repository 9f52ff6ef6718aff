/*
 * Who pyro is to a registry: nobody, a user with a password (Basic), or the holder of a token that
 * the registry's token server gave (Bearer; distribution's spec/auth/token.md). The names of both
 * servers come from the registry, so a password goes to its own host and to those that belong to
 * it, and a token to its own host alone.
 */
#ifndef PYRO_FETCH_LOGIN_H
#define PYRO_FETCH_LOGIN_H

#include "engine/fetch/challenge.h"
#include "engine/fetch/client.h"

/* Adds what the endpoint is to be shown, if anything. */
bool login_add(struct call *call, struct client *c, unsigned endpoint, bool *ret_added,
               struct pyro_error *err) MUST_CHECK;
/* What a request that was answered 401 had shown. */
enum login_shown { LOGIN_NOTHING, LOGIN_KEPT, LOGIN_FRESH };
/* Does what the challenge of an answer 401 asks for; false when that cannot be, or would be in
 * vain. */
bool login_satisfy(struct client *c, unsigned endpoint, const struct challenge *challenge,
                   enum login_shown shown, struct pyro_error *err) MUST_CHECK;

/* Says what can be done where an endpoint refuses; false. */
bool login_hint(const struct client *c, unsigned endpoint, struct pyro_error *err);

#endif
