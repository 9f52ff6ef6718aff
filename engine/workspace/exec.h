/* Running a command in a workspace that is open already; see workspace_exec(). */
#ifndef PYRO_WORKSPACE_EXEC_H
#define PYRO_WORKSPACE_EXEC_H

#include "engine/client/handle.h"
#include "engine/workspace/workspace.h"

/* The result lacks execution_mode, which the record knows. */
json_t *workspace_exec_in(const struct workspace_handle *w, const struct workspace_exec_spec *spec,
                          struct pyro_error *err) MUST_CHECK;

#endif
