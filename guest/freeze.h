/*
 * Holding the root file system still: the request `freeze`.
 *
 * The stream stays open: a message {"frozen": true} says that everything is on the disk and nothing
 * more comes; the host's message {"thaw": true} (or its end) thaws it, and the stream closes with
 * {"held": …}: whether it was still until then. It thaws after a second in any case, because this
 * program may itself be waiting for the file system that it must thaw.
 */
#ifndef PYRO_GUEST_FREEZE_H
#define PYRO_GUEST_FREEZE_H

#include <sys/types.h>

#include "guest/guest.h"

bool freeze_op_freeze(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err);
/* A child was reaped; false when it is not the one from here. */
bool freeze_child_ended(struct guest *g, pid_t pid, int status);
/* Thaws, if it is held: the machine shuts down. */
void freeze_release(struct guest *g);

/* Whether the file system is being held still, or about to be: a change to it then waits in the
 * kernel. */
bool freeze_is_held(void);

#endif
