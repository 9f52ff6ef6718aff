/* A workspace found by reference: where every verb begins. */
#ifndef PYRO_HANDLE_H
#define PYRO_HANDLE_H

#include "engine/helper/progress.h"
#include "engine/state/store.h"

struct workspace_handle {
    struct store store;
    int dir_fd;
    char id[WORKSPACE_ID_LENGTH + 1];
};
#define WORKSPACE_HANDLE_INIT { .store = { .fd = -1 }, .dir_fd = -1 }
bool workspace_open(const char *ref, struct workspace_handle *ret,
                    struct pyro_error *err) MUST_CHECK;
void workspace_close(struct workspace_handle *w);
#define scoped_workspace __attribute__((cleanup(workspace_close)))

/* The workspace object as users see it, after its state was made true. */
json_t *workspace_view(const struct workspace_handle *w, struct pyro_error *err) MUST_CHECK;
/*
 * The lock of a workspace at rest; waits for a holder that ends it. -1: PYRO_WORKSPACE_BUSY when it
 * runs (or is held for long), PYRO_WORKSPACE_NOT_FOUND when it has just been deleted.
 */
int workspace_lock_resting(const struct workspace_handle *w, struct pyro_error *err) MUST_CHECK;
/* Starts a workspace at rest. PYRO_WORKSPACE_BUSY when another did. */
bool workspace_start_resting(const struct workspace_handle *w, const struct progress *progress,
                             struct pyro_error *err) MUST_CHECK;

#endif
