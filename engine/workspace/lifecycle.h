/* What the files of this room share beyond workspace.h. */
#ifndef PYRO_LIFECYCLE_H
#define PYRO_LIFECYCLE_H

#include "engine/state/store.h"
#include "engine/workspace/workspace.h"

/* A workspace found by reference. */
struct opened {
    struct store store;
    int dir_fd;
    char id[WORKSPACE_ID_LENGTH + 1];
};
#define OPENED_INIT { .store = { .fd = -1 }, .dir_fd = -1 }
bool workspace_open(const char *ref, struct opened *ret, struct pyro_error *err) MUST_CHECK;
void workspace_opened_release(struct opened *o);
#define scoped_opened __attribute__((cleanup(workspace_opened_release)))

/* The workspace object, after settling. */
json_t *workspace_view(const struct opened *o, struct pyro_error *err) MUST_CHECK;
/* Makes and starts a workspace; an `ephemeral` one goes with its holder. Release *ret. */
bool workspace_make(const struct workspace_spec *spec, bool ephemeral,
                    const struct progress *progress, struct workspace_record *ret,
                    struct pyro_error *err) MUST_CHECK;

/*
 * The lock of a workspace at rest; waits for a holder that ends it. -1: PYRO_WORKSPACE_BUSY when it
 * runs (or is held for long), PYRO_WORKSPACE_NOT_FOUND when it has just been deleted.
 */
int workspace_lock_resting(const struct opened *o, struct pyro_error *err) MUST_CHECK;
/* Starts a workspace at rest. PYRO_WORKSPACE_BUSY when another did. */
bool workspace_start_resting(const struct opened *o, const struct progress *progress,
                             struct pyro_error *err) MUST_CHECK;

/* The holding connection of an ephemeral workspace; -1 on failure. */
int workspace_hold(int dir_fd, const char *id, struct pyro_error *err) MUST_CHECK;
/* Lets go (hold_fd may be -1), and waits until the supervisor has removed everything: whether it
 * has. */
bool workspace_let_go(const struct store *store, int dir_fd, const char *id, int hold_fd);

#endif
