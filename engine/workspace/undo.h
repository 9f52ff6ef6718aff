/* What is left of a workspace that could not be started. */
#ifndef PYRO_WORKSPACE_UNDO_H
#define PYRO_WORKSPACE_UNDO_H

#include "engine/client/handle.h"

/* Removes the leftovers of a failed start of a new one. Its supervisor, if there was one, has ended:
 * the lock is free or soon is. If it runs on anyway, the workspace stays. */
void workspace_undo(const struct workspace_handle *w);

#endif
