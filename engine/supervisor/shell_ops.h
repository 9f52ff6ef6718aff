/* Clients' requests about shells: {"op": "shell", "do":
 * "open"|"write"|"resize"|"signal"|"close"|"prompt"|"attach", "shell": ID, …}. */
#ifndef PYRO_SHELL_OPS_H
#define PYRO_SHELL_OPS_H

#include "engine/supervisor/supervisor.h"

void shell_ops_dispatch(struct supervisor *s, struct link *client, uint32_t id,
                        const json_t *request);

#endif
