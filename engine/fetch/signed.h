/* Whether an image is signed with the key that the job wants. */
#ifndef PYRO_FETCH_SIGNED_H
#define PYRO_FETCH_SIGNED_H

#include "engine/fetch/client.h"

/* True where the job wants no key. PYRO_CONTENT_REFUSED: it has no signature, or none that is good;
 * PYRO_PULL_FAILED: that cannot be told. */
bool signed_check(struct client *c, const char *digest, struct pyro_error *err) MUST_CHECK;

#endif
