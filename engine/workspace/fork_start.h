/*
 * Forks that go on from a captured memory are started before anybody sees them: each is ephemeral,
 * held by this process, until all of them run. If this process ends, they end and are removed.
 */
#ifndef PYRO_WORKSPACE_FORK_START_H
#define PYRO_WORKSPACE_FORK_START_H

#include "engine/client/handle.h"
#include "engine/helper/progress.h"

/* A new workspace. */
struct fork {
    struct workspace_record record;
    int dir_fd;
    int lock_fd; /* -1: its supervisor has it */
    int hold_fd; /* of one that runs and is not kept yet; else -1 */
    bool kept;
};

/* Starts them, some at a time. On failure the rest is still to be undone. */
bool forks_start(const struct store *store, struct fork *forks, size_t count,
                 const struct progress *progress, struct pyro_error *err) MUST_CHECK;
/* From here on they are workspaces like any other; adds their objects to the list. */
bool forks_keep(const struct store *store, struct fork *forks, size_t count, json_t *list,
                struct pyro_error *err) MUST_CHECK;
/* Removes one, however far it has come. What cannot be removed is debris, and swept later. */
void fork_undo(const struct store *store, struct fork *fork);
/* Frees it; its workspace stays. */
void fork_release(struct fork *fork);

#endif
