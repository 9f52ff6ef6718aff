/* The metrics by HTTP, for a monitor on this host. */
#ifndef PYRO_WORKSPACE_METRICS_LISTEN_H
#define PYRO_WORKSPACE_METRICS_LISTEN_H

#include "vmm/base/error.h"

/*
 * Serves them on a port of 127.0.0.1 (0: a free one), through pyro-metrics, until TERM, INT or HUP;
 * `told` is called once with the port. Without a token: they are for every user of this host.
 */
typedef void metrics_listen_told_fn(void *arg, int port);
bool metrics_listen(int port, metrics_listen_told_fn *told, void *arg, int *ret_signal,
                    struct pyro_error *err) MUST_CHECK;

#endif
