/* Commands that run in the guest, as the rest of the supervisor sees them. */
#ifndef PYRO_SUPERVISOR_EXEC_H
#define PYRO_SUPERVISOR_EXEC_H

#include "engine/supervisor/supervisor.h"

/* {"op": "exec", …}: input, output and the result are on the request's stream. */
supervisor_op_fn exec_open;
/* {"op": "command_signal", "sequence", "signal"}: to a command that runs, whoever waits for it. */
supervisor_op_fn exec_signal;
/* The VM is gone: the history has the end of each of them. */
void exec_end_all(struct supervisor *s, const struct pyro_error *why);
/* After that: their clients are told. */
void exec_fail_all(struct supervisor *s, const struct pyro_error *why);

#endif
