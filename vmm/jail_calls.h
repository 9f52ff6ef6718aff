/*
 * The system calls that no program in QEMU's jail may make: a filter of pyro's own, in force before
 * QEMU begins, beside the one that QEMU installs itself.
 */
#ifndef PYRO_JAIL_CALLS_H
#define PYRO_JAIL_CALLS_H

#include <stdbool.h>

/* From now on they fail, here and in programs it execs. Call it last: it must be the process
 * itself, for the rows about its own pid. */
bool jail_filter_calls(void);

#endif
