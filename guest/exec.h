/* Commands: the request `exec`. */
#ifndef PYRO_GUEST_EXEC_H
#define PYRO_GUEST_EXEC_H

#include <sys/types.h>

#include "guest/guest.h"

bool exec_op_exec(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err);
/* The same with this program as the command: `arguments` end with NULL. It is not recorded or shown
 * as a command. */
bool exec_run_self(struct guest *g, uint32_t id, const char *const *arguments,
                   struct pyro_error *err);
/* A child was reaped; false when it is not an exec's. */
bool exec_child_ended(struct guest *g, pid_t pid, int status);
/* Kills every command and its descendants. */
void exec_kill_all(struct guest *g);

#endif
