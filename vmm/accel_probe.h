/* The KVM probe: a VM of a few instructions. Within vmm only; accel.h is the room's interface. */
#ifndef PYRO_ACCEL_PROBE_H
#define PYRO_ACCEL_PROBE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Runs the VM in a child process; one that hangs is tried a second time, with more patience: at
 * most 6 s. True when its instructions did what they should; else ret_reason (n bytes) says what
 * did not.
 */
bool accel_probe(char *ret_reason, size_t n);

#endif
