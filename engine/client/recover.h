/* Starting a workspace's supervisor: the first one, or one in place of one that died. */
#ifndef PYRO_CLIENT_RECOVER_H
#define PYRO_CLIENT_RECOVER_H

#include "engine/client/handle.h"
#include "engine/helper/progress.h"
#include "engine/state/supervise_start.h"

/*
 * Starts a supervisor that inherits the lock, and waits until it serves or reports why not. Takes
 * lock_fd in either case.
 */
bool supervisor_start(const struct workspace_handle *w, int lock_fd, enum supervise_mode mode,
                      const struct progress *progress, struct pyro_error *err) MUST_CHECK;
/*
 * Brings a workspace that nobody holds into a consistent state: a "started" one whose supervisor
 * died is adopted, or marked failed if its QEMU is gone too; a reset that was cut short after its
 * commit is completed. A suspended one whose time is over becomes a stopped one. One that is held or
 * stopped is left alone.
 */
bool workspace_recover(const struct workspace_handle *w, struct pyro_error *err) MUST_CHECK;
/* Whether that has something to do for a suspended one. */
bool workspace_is_unsettled(const struct workspace_record *r);

#endif
