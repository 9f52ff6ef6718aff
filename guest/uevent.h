/* Waiting for a device without polling: the kernel announces each one over netlink. */
#ifndef PYRO_GUEST_UEVENT_H
#define PYRO_GUEST_UEVENT_H

#include <stdbool.h>
#include <stdint.h>

/* Blocks until is_there(arg), looked at now and after each event, or until timeout_ms have passed
 * (-1: never); returns its last result. For start-up, when there is nobody else to serve. */
bool uevent_wait(bool (*is_there)(void *arg), void *arg, int64_t timeout_ms);

#endif
