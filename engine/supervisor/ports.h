/*
 * Published ports: the supervisor listens on 127.0.0.1 for a service and carries each connection as
 * a stream to the guest's loopback. No network device is involved, and the guest opens nothing.
 */
#ifndef PYRO_SUPERVISOR_PORTS_H
#define PYRO_SUPERVISOR_PORTS_H

#include "engine/supervisor/supervisor.h"

/*
 * The ports that a service to be started asks for (NULL: none), refused under any policy except the
 * one for ports. *ret, new, is for its record.
 */
bool ports_publish(struct supervisor *s, const char *name, const json_t *asked, json_t **ret,
                   struct pyro_error *err) MUST_CHECK;
/*
 * Listens for the service `name`. `published` has passed service_publish_check(); a host_port of 0
 * becomes the free one that was taken. All of them, or none and err says why.
 */
bool ports_open(struct supervisor *s, const char *name, json_t *published,
                struct pyro_error *err) MUST_CHECK;
/* Stops listening for it. Connections end when the service ends them. */
void ports_close(struct supervisor *s, const char *name);
/* The VM is gone: clients see a reset, since what they got may not be all. */
void ports_end(struct supervisor *s, const struct pyro_error *why);

#endif
