/*
 * Readiness: whether a service works yet, tried from inside the machine until it does.
 *
 * A file is looked for as soon as its directory changes (inotify); the other kinds have no event
 * and are tried at the interval, the first tries in quicker succession. One try at a time; a try
 * that takes long is given up and counts as one that failed.
 */
#ifndef PYRO_GUEST_PROBE_H
#define PYRO_GUEST_PROBE_H

#include "guest/guest.h"
#include "vmm/base/command_request.h"

struct probe;

/*
 * Before the service is started: what already exists does not count. The request is the service's
 * own; its readiness is {"type": "file", "path"}, {"type": "tcp", "host", "port"}, {"type": "http",
 * "host", "port", "path"} or {"type": "command", "command"}, and "interval_ms". ready(arg) is
 * called once, from the loop; it frees the probe.
 */
struct probe *probe_new(struct guest *g, const struct command_request *request,
                        void (*ready)(void *arg), void *arg, struct pyro_error *err) MUST_CHECK;
/* Begins to try. */
void probe_begin(struct probe *p);
/* NULL is fine. */
void probe_free(struct probe *p);
/*
 * The failure found by the last try: the one under way when it takes long or is the first, else the
 * last that ended. Of localhost's two addresses the one that takes connections.
 */
void probe_error(const struct probe *p, char *ret, size_t n);

#endif
