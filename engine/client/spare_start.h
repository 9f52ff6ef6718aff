/* Starting what makes a spare: `pyro __spare`. */
#ifndef PYRO_SPARE_START_H
#define PYRO_SPARE_START_H

#include <sys/types.h>

#include "engine/state/spare_wish.h"

/* Starts it; the spare ends with the process `keeper`, 0: with none. False: it cannot be started. */
bool spare_start(const struct spare_wish *wish, pid_t keeper, pid_t *ret_child) MUST_CHECK;

#endif
