/* A workspace as users see it, and operations on one that does not run. */
#ifndef PYRO_STOPPED_H
#define PYRO_STOPPED_H

#include "engine/client/handle.h"
#include "engine/helper/progress.h"

/* The workspace object as users see it, after its state was made consistent. */
json_t *workspace_view(const struct workspace_handle *w, struct pyro_error *err) MUST_CHECK;
/*
 * The lock of a stopped workspace; waits for a holder that stops it. -1: PYRO_WORKSPACE_BUSY when
 * it runs (or is held for long), PYRO_WORKSPACE_NOT_FOUND when it has just been deleted.
 */
int workspace_lock_stopped(const struct workspace_handle *w, struct pyro_error *err) MUST_CHECK;
/* The same for what only a stopped one allows: PYRO_WORKSPACE_STATE, with a hint, when it runs. */
int workspace_require_stopped(const struct workspace_handle *w, struct pyro_error *err) MUST_CHECK;
/* False, with what to do instead, when a workspace in this state is suspended: what changes the disk
 * would make its memory older than that. */
bool workspace_check_unsuspended(const struct workspace_handle *w, enum workspace_state state,
                                 struct pyro_error *err) MUST_CHECK;
/* Lets a suspended machine go on; whatever is not suspended (any more) is left alone. PYRO_WORKSPACE_BUSY
 * when another pyro does it. */
bool workspace_resume(const struct workspace_handle *w, struct pyro_error *err) MUST_CHECK;
/* Starts a stopped workspace, or resumes a suspended one; a `held` one is stopped again unless its
 * holder comes. PYRO_WORKSPACE_BUSY when another did. */
bool workspace_start_stopped(const struct workspace_handle *w, bool held,
                             const struct progress *progress, struct pyro_error *err) MUST_CHECK;

#endif
