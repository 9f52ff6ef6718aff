/* Where the images of a registry are had. */
#ifndef PYRO_REGISTRY_ENDPOINTS_H
#define PYRO_REGISTRY_ENDPOINTS_H

#include "vmm/base/error.h"
#include "vmm/base/json.h"

/* The endpoints of a job of pyro-fetch (engine/fetch/job.h) for a registry, a new array; NULL on
 * failure. */
json_t *endpoints_of(const char *host, struct pyro_error *err) MUST_CHECK;

#endif
