/* A login tried, and nothing else. */
#ifndef PYRO_FETCH_SIGN_IN_H
#define PYRO_FETCH_SIGN_IN_H

#include "engine/fetch/client.h"

/* {was_asked, is_plain}: whether the registry asked for a login at all, and whether it was sent by
 * http. NULL: it is not taken, or that cannot be told. */
json_t *sign_in(struct client *c, struct pyro_error *err) MUST_CHECK;

#endif
