/* Clients' requests about shells: {"op": "shell", "do":
 * "open"|"write"|"resize"|"signal"|"close"|"prompt"|"attach", "shell": ID, …}. */
#ifndef PYRO_SHELL_OPS_H
#define PYRO_SHELL_OPS_H

#include "engine/supervisor/supervisor.h"

supervisor_op_fn shell_ops_dispatch;

#endif
