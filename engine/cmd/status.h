/*
 * Exit statuses: 0 done; 2 the command line itself is wrong; 1 anything else that failed. A command
 * that exits with a guest command's status has 124 for a time-out, 128+N for signal N, and 125
 * instead of 1, so that pyro's own failure is not taken for the guest command's.
 */
#ifndef PYRO_CMD_STATUS_H
#define PYRO_CMD_STATUS_H

#include "vmm/base/error.h"

#define STATUS_FAILED 1
#define STATUS_USAGE 2
#define STATUS_TIMED_OUT 124
#define STATUS_OWN_FAILURE 125

/* Of a command with these traits (enum cmd_traits) that failed with this code. */
int status_of_code(enum pyro_code code, unsigned traits);
/* Of a command that failed. It never is 0: an error that nobody filled becomes PYRO_INTERNAL. */
int status_of_failure(struct pyro_error *err, unsigned traits);

#endif
