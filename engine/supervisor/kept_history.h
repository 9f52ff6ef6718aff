/* What shells, services and commands had been up to one moment, kept with the memory of it. */
#ifndef PYRO_SUPERVISOR_KEPT_HISTORY_H
#define PYRO_SUPERVISOR_KEPT_HISTORY_H

#include "engine/supervisor/supervisor.h"

/* Copies the three directories as they are by the memory of this process: of what runs, the logs as
 * far as they have been written. Not synced. For a child (offload.h). */
bool kept_history_write(struct supervisor *s, int to_dirfd, struct pyro_error *err) MUST_CHECK;
/* Puts what a fork was given of it on the disk, while it runs already. */
void kept_history_sync(struct supervisor *s);

#endif
