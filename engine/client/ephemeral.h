/* Holding a workspace that ends with its holder. */
#ifndef PYRO_EPHEMERAL_H
#define PYRO_EPHEMERAL_H

#include "engine/state/store.h"

/* The holding connection of an ephemeral workspace; -1 on failure. */
int workspace_hold(int dir_fd, const char *id, struct pyro_error *err) MUST_CHECK;
/* Ends the hold (hold_fd may be -1), and waits until the supervisor has removed everything: whether
 * it has. */
bool workspace_let_go(const struct store *store, int dir_fd, const char *id, int hold_fd);

#endif
