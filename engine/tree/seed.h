/* Workspaces that begin with a tree of the host's. */
#ifndef PYRO_TREE_SEED_H
#define PYRO_TREE_SEED_H

#include "engine/workspace/workspace.h"

/* workspace_create() with a seed_path. What of it cannot be taken is an error before anything is
 * made; whatever fails later leaves no workspace behind. */
json_t *workspace_create_seeded(const struct workspace_spec *spec, const struct progress *progress,
                                struct pyro_error *err) MUST_CHECK;

#endif
