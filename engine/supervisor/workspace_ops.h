/* Requests about the workspace as a whole. */
#ifndef PYRO_SUPERVISOR_WORKSPACE_OPS_H
#define PYRO_SUPERVISOR_WORKSPACE_OPS_H

#include "engine/supervisor/supervisor.h"

/* {"op": "stop", "force": BOOL}: ends it; answered with its record once it has ended. */
supervisor_op_fn workspace_ops_stop;
/* {"op": "settle"}: answered with its record, at once while it runs, else once it has ended: the record
 * of a machine that is dying says "started" until the supervisor has seen its end. */
supervisor_op_fn workspace_ops_settle;
/* {"op": "hold"}: it is killed when this stream ends. */
supervisor_op_fn workspace_ops_hold;
/*
 * {"op": "attend", "watch": BOOL}: it is stopped when this stream ends; one at a time. With `watch`
 * it goes on, and several may. Told {} at once, {"force": BOOL} then asks for the end; closed with
 * its record and `expired`, whether its time to live was over.
 */
supervisor_op_fn workspace_ops_attend;
/* One that has a holder is stopped unless that comes within some seconds. */
void workspace_ops_await_holder(struct supervisor *s);
/* Who started it is gone or does not come, or a signal asks for the end: it is stopped, and removed if nobody was told
 * of it. */
void workspace_ops_abandon(struct supervisor *s, bool force);
/* {"op": "keep", "workspace_seed": …}: one that was being seeded under a holder is like any other
 * from now on. */
supervisor_op_fn workspace_ops_keep;
/* {"op": "reset", "snapshot": NAME}: answered when the machine has ended; the client then starts
 * it again. */
supervisor_op_fn workspace_ops_reset;
/* {"op": "forked", "id": ID, "name": NAME or null}: a workspace went on from this one; {}. */
supervisor_op_fn workspace_ops_forked;
/* {"op": "update", …}: see workspace_apply_change(). */
supervisor_op_fn workspace_ops_update;
/* A client's request is answered with the record once the machine has ended. */
void workspace_ops_await_end(struct supervisor *s, struct link *client, uint32_t id);
/* Answers those who wait for the end. */
void workspace_ops_ended(struct supervisor *s, const struct pyro_error *why);

#endif
