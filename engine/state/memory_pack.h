/*
 * The memory of a suspended machine is compressed when it has been suspended for a minute: a process of its
 * own does that (engine/client/pack.h), which the supervisor starts as it ends. Where that was killed, or the
 * host restarted, the next command that has to do with the workspace starts it again.
 */
#ifndef PYRO_MEMORY_PACK_H
#define PYRO_MEMORY_PACK_H

#include <stdbool.h>
#include <stdint.h>

#define MEMORY_PACK_DIR_FD 3 /* the workspace's directory, in that process */

/* Milliseconds until it is to be done; 0: now; -1: there is nothing to do. */
int64_t memory_pack_in_ms(int workspace_fd);
/* Whether it should have been done, and nobody is doing it. */
bool memory_pack_is_due(int workspace_fd);
/* Starts the process, and leaves it. A failure changes nothing: the memory stays as it is. */
void memory_pack_start(int workspace_fd, const char *id);

#endif
