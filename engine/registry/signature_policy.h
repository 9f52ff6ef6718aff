/* What the configuration wants of images before they are pulled. */
#ifndef PYRO_REGISTRY_SIGNATURE_POLICY_H
#define PYRO_REGISTRY_SIGNATURE_POLICY_H

#include "engine/registry/reference.h"

/* Adds the key that the image has to be signed with to a job of pyro-fetch, if there is one.
 * PYRO_CONTENT_REFUSED: its kind is never pulled. */
bool signature_policy_add(json_t *job, const struct reference *r,
                          struct pyro_error *err) MUST_CHECK;

#endif
