/* Where the images of a registry are had. */
#ifndef PYRO_REGISTRY_ENDPOINTS_H
#define PYRO_REGISTRY_ENDPOINTS_H

#include "engine/registry/reference.h"

/* The endpoints of a job of pyro-fetch (engine/fetch/job.h) for a reference, with the logins that
 * the user has there: a new array; NULL on failure. */
json_t *endpoints_of(const struct reference *r, struct pyro_error *err) MUST_CHECK;

#endif
