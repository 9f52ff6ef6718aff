/* Holding a workspace that ends with its holder. */
#ifndef PYRO_EPHEMERAL_H
#define PYRO_EPHEMERAL_H

#include "engine/client/handle.h"

/* The holding connection of an ephemeral workspace; -1 on failure. */
int ephemeral_hold(const struct workspace_handle *w, struct pyro_error *err) MUST_CHECK;
/* Ends the hold (hold_fd may be -1), and waits until the supervisor has removed everything; returns
 * whether it has. */
bool ephemeral_end(const struct workspace_handle *w, int hold_fd);

#endif
