/* Secrets on their way to the guest. */
#ifndef PYRO_SUPERVISOR_SECRET_USE_H
#define PYRO_SUPERVISOR_SECRET_USE_H

#include "engine/supervisor/supervisor.h"

/* Reads them into the redactor, if the record has any. */
bool secret_use_load(struct supervisor *s, struct pyro_error *err) MUST_CHECK;
/* {NAME: value}, new. */
json_t *secret_use_values(struct supervisor *s, struct pyro_error *err) MUST_CHECK;

#endif
