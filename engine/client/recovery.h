/*
 * Workspaces whose supervisor was killed, brought back to a consistent state one after another by
 * child processes, so that a caller with a loop need not wait.
 */
#ifndef PYRO_RECOVERY_H
#define PYRO_RECOVERY_H

#include "vmm/base/loop.h"

struct recovery_queue;

/* `program` is borrowed: pyro, run as `program workspace status ID`; NULL: nothing is ever done. */
struct recovery_queue *recovery_queue_new(struct loop *loop, const char *program);
/* A running child goes on by itself. */
void recovery_queue_free(struct recovery_queue *q);
/* Once for each id, however often it is given while it waits. */
void recovery_queue_add(struct recovery_queue *q, const char *id);

#endif
