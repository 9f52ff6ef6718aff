/* Requests about the workspace as a whole. */
#ifndef PYRO_SUPERVISOR_WORKSPACE_OPS_H
#define PYRO_SUPERVISOR_WORKSPACE_OPS_H

#include "engine/supervisor/supervisor.h"

/* {"op": "stop", "force": BOOL}: ends it; answered with its record once it has ended. */
supervisor_op_fn workspace_ops_stop;
/* {"op": "hold"}: it ends when this stream does. */
supervisor_op_fn workspace_ops_hold;
/* {"op": "keep", "workspace_seed": …}: one that was being seeded under a holder is like any other
 * from now on. */
supervisor_op_fn workspace_ops_keep;
/* {"op": "reset", "snapshot": NAME}: answered when the machine has ended; the client then starts
 * it again. */
supervisor_op_fn workspace_ops_reset;
/* {"op": "update", …}: see workspace_apply_change(). */
supervisor_op_fn workspace_ops_update;
/* Answers those who wait for the end. */
void workspace_ops_ended(struct supervisor *s, const struct pyro_error *why);

#endif
