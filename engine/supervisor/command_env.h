/* The variables of what runs in a workspace. */
#ifndef PYRO_SUPERVISOR_COMMAND_ENV_H
#define PYRO_SUPERVISOR_COMMAND_ENV_H

#include "engine/supervisor/supervisor.h"
#include "vmm/base/command_request.h"

/*
 * Completes a request's env by those of the environment's image, and above them the workspace's, below
 * the ones that were given, and by the secrets that secret_env names, which is then NULL. With a user, secret_files has their names.
 */
bool command_env_complete(struct supervisor *s, struct command_request *r,
                          struct pyro_error *err) MUST_CHECK;
/* The names of the secrets that a request asks for, before that, an array, new; NULL: none. */
json_t *command_env_secrets(const struct command_request *r);

#endif
