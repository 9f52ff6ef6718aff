/*
 * A machine's time to live, counted from its start. When it is over the machine is stopped, and the
 * record says that this was why. It goes on while the machine is suspended, and under another supervisor.
 */
#ifndef PYRO_SUPERVISOR_EXPIRY_H
#define PYRO_SUPERVISOR_EXPIRY_H

#include "engine/supervisor/supervisor.h"

/* The machine serves: its time to live starts now, unless the machine was suspended and goes on. */
void expiry_renew(struct supervisor *s);
/* Stops it when its time is over; after expiry_renew(). */
void expiry_watch(struct supervisor *s);
/* The machine has ended: its record says whether its time was over, and expires no more. */
void expiry_settle(struct workspace_record *r, bool expired);

#endif
