/* Making environments of workspaces: shared by workspace commit and env build beyond workspace.h. */
#ifndef PYRO_WORKSPACE_COMMIT_H
#define PYRO_WORKSPACE_COMMIT_H

#include "engine/client/handle.h"
#include "engine/environment/commit.h"

/* workspace_commit() of a workspace that is open, into an environment whose name is taken:
 * environment_commit_begin(). */
json_t *workspace_commit_into(struct environment_commit *environment,
                              const struct workspace_handle *w, struct pyro_error *err) MUST_CHECK;

#endif
