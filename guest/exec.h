/* Commands: the request `exec`. */
#ifndef PYRO_GUEST_EXEC_H
#define PYRO_GUEST_EXEC_H

#include "guest/guest.h"

bool exec_op_exec(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err);
/* The same with this program as the command: `arguments` end with NULL. It is not recorded or shown
 * as a command. */
bool exec_run_self(struct guest *g, uint32_t id, const char *const *arguments,
                   struct pyro_error *err);

#endif
