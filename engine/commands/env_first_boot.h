/* What the commands that install environments have in common. */
#ifndef PYRO_COMMANDS_ENV_FIRST_BOOT_H
#define PYRO_COMMANDS_ENV_FIRST_BOOT_H

#include "engine/cmd/io.h"

/* What a result says of an environment made of a workspace, as lines. */
void env_print_made(const char *how, const json_t *result, FILE *out);
/* The environment's object, with the workspaces that use it: the caller's. */
json_t *env_show(const char *environment, struct pyro_error *err) MUST_CHECK;
/*
 * Starts a machine of a newly installed image once, so that the template exists and the first real
 * start is a restore. One that does not start is not installed: it is removed, and *err says why.
 */
bool env_first_boot(const char *environment, struct cmd_io *io, struct pyro_error *err) MUST_CHECK;

#endif
