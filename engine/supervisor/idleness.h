/*
 * A machine that nobody needs for `suspend_after_idle` seconds is suspended by its supervisor.
 *
 * For as long it must be that no client is connected (one that says of itself "passive" only waits to see
 * what becomes of the workspace), no command runs, no published port has a connection, nothing is printed,
 * what runs takes less than one per cent of a processor, and no TCP connection leads out of the machine: a
 * program may be waiting for what comes through it. The last two are asked of the guest now and then. What
 * prevents `workspace suspend` prevents this too (suspend.h).
 */
#ifndef PYRO_SUPERVISOR_IDLENESS_H
#define PYRO_SUPERVISOR_IDLENESS_H

#include "engine/supervisor/supervisor.h"

/* The guest answers. */
void idleness_begin(struct supervisor *s);
/* The record may have another time: it begins again. */
void idleness_updated(struct supervisor *s);
void idleness_end(struct supervisor *s, const struct pyro_error *why);

#endif
