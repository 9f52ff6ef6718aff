/* Reaching a workspace's supervisor: connecting, and starting one if none runs. */
#ifndef PYRO_CONNECT_H
#define PYRO_CONNECT_H

#include "engine/client/handle.h"
#include "engine/helper/progress.h"
#include "engine/state/supervise_start.h"
#include "vmm/base/link.h"

#define SUPERVISOR_SOCKET "run/sock"

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
/*
 * Connects to the supervisor of a started workspace, adopting first where needed. -1 on failure,
 * PYRO_WORKSPACE_STATE when the workspace is not running.
 */
int supervisor_connect(const struct workspace_handle *w, struct pyro_error *err) MUST_CHECK;
/*
 * The same as a link on a loop of its own (link_loop()). `ops` and `arg` as for link_new(); NULL: a
 * link that is lost stops the loop. NULL on failure.
 */
struct link *supervisor_link(const struct workspace_handle *w, const struct link_ops *ops,
                             void *arg, struct pyro_error *err) MUST_CHECK;
/* Frees both; NULL is fine. */
void supervisor_unlink(struct link *link);
/* Sends one request and returns its result; NULL on error. deadline in clock_ms(), 0: none. */
json_t *supervisor_call(const struct workspace_handle *w, const json_t *request,
                        int64_t deadline_ms, struct pyro_error *err) MUST_CHECK;

/* The error of an unanswered request. A supervisor that greeted is alive: it waits for the guest
 * itself. */
void supervisor_is_late(const struct link *link, struct pyro_error *err);

#endif
