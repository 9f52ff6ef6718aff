/*
 * Work that takes only processor time that nobody else wants (SCHED_IDLE), by this process and all
 * that it starts, until what it made is to run like anything else.
 */
#ifndef PYRO_IDLE_H
#define PYRO_IDLE_H

#include <stdbool.h>

/*
 * From here on, if it can be left again: an ordinary user may not, unless RLIMIT_NICE says so. False:
 * nothing has changed.
 */
bool idle_enter(void);
/* The same for a process that will not leave it, and so any user's. */
bool idle_enter_for_good(void);
/* This process and its descendants, all their threads, are ordinary again; no effect on those that
 * are. */
void idle_leave(void);

#endif
