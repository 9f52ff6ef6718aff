/* The services of the workspace, as the rest of the supervisor sees them. */
#ifndef PYRO_SUPERVISOR_SERVICES_H
#define PYRO_SUPERVISOR_SERVICES_H

#include "engine/supervisor/supervisor.h"

/* Clients' requests: {"op": "service", "do": "start"|"stop", "service": NAME, …}; answered when the
 * service is ready or has failed, and when it has ended. */
supervisor_op_fn services_dispatch;
/* After an adoption: attaches to those that run according to the records. */
void services_adopt(struct supervisor *s);
/* The VM is gone: all end, exit codes unknown. */
void services_end_all(struct supervisor *s, const struct pyro_error *why);
/* Ends the records of services that no longer have a VM. */
void services_suspend(struct supervisor *s);
void services_end_stale(struct supervisor *s);
/* Logs to the disk. */
void services_sync(struct supervisor *s);
/* A client's connection is closing: nothing waits there any more. */
void services_client_gone(struct supervisor *s, const struct link *client);

#endif
