/* Where the images of a registry are had. */
#ifndef PYRO_REGISTRY_ENDPOINTS_H
#define PYRO_REGISTRY_ENDPOINTS_H

#include "engine/registry/auth_file.h"
#include "engine/registry/reference.h"

/* The endpoints of a job of pyro-fetch (engine/fetch/job.h) for a reference, with the logins that
 * the user has there: a new array; NULL on failure. */
json_t *endpoints_of(const struct reference *r, struct pyro_error *err) MUST_CHECK;
/* The one of the registry itself, with the login that the user has there. */
json_t *endpoints_to_push(const struct reference *r, struct pyro_error *err) MUST_CHECK;
/* The same with this login. */
json_t *endpoints_to_try(const char *host, const struct credentials *login,
                         struct pyro_error *err) MUST_CHECK;

#endif
