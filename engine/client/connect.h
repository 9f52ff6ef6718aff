/* Reaching a workspace's supervisor: connecting, after one was started if none runs (recover.h). */
#ifndef PYRO_CONNECT_H
#define PYRO_CONNECT_H

#include "engine/client/handle.h"
#include "engine/client/recover.h"
#include "vmm/base/link.h"

#define SUPERVISOR_SOCKET "run/sock"

/* What happens to a suspended machine when a client connects: each caller must say it. */
enum machine_need {
    MACHINE_AWAKE,   /* it is needed: it goes on first */
    MACHINE_AS_IT_IS /* it stays suspended, and is an error like a stopped one: of what only asks a
                        machine that runs, and of what would change its disk */
};
/*
 * Connects to the supervisor of a started workspace, adopting first where needed. -1 on failure,
 * PYRO_WORKSPACE_STATE when the workspace is not running.
 */
int supervisor_connect(const struct workspace_handle *w, enum machine_need need,
                       struct pyro_error *err) MUST_CHECK;
/*
 * The same as a link on a loop of its own (link_loop()). `ops` and `arg` as for link_new(); NULL: a
 * link that is lost stops the loop. NULL on failure.
 */
struct link *supervisor_link(const struct workspace_handle *w, enum machine_need need,
                             const struct link_ops *ops, void *arg,
                             struct pyro_error *err) MUST_CHECK;
/* Frees both; NULL is fine. */
void supervisor_unlink(struct link *link);
/* Sends one request and returns its result; NULL on error. deadline in clock_ms(), 0: none; the time
 * that it takes a machine to wake is not part of it. */
json_t *supervisor_call(const struct workspace_handle *w, enum machine_need need,
                        const json_t *request, int64_t deadline_ms,
                        struct pyro_error *err) MUST_CHECK;

/* Whether a request failed because its machine was being suspended: it was refused, or not even read.
 * Made again, it wakes the machine. */
bool supervisor_missed(const struct workspace_handle *w, const struct pyro_error *why);
/* The error of an unanswered request. A supervisor that greeted is alive: it waits for the guest
 * itself. */
void supervisor_is_late(const struct link *link, struct pyro_error *err);

#endif
