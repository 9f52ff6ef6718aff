/*
 * The history of a workspace in another one's directory: its shells, services and commands, for a
 * fork. Files keep their holes; what is not a regular file is left out.
 */
#ifndef PYRO_HISTORY_COPY_H
#define PYRO_HISTORY_COPY_H

#include "vmm/base/error.h"

/* Nothing may write to the first one's history meanwhile; the second has none. Not synced. */
bool history_copy(int from_fd, int to_fd, struct pyro_error *err) MUST_CHECK;

#endif
