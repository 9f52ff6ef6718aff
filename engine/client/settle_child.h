/*
 * Workspaces whose supervisor was killed, brought back to a consistent state one after another by
 * child processes, so that a caller with a loop need not wait.
 */
#ifndef PYRO_SETTLE_CHILD_H
#define PYRO_SETTLE_CHILD_H

#include "vmm/base/loop.h"

struct settle_queue;

/* `program` is borrowed: pyro, run as `program workspace status ID`; NULL: nothing is ever done. */
struct settle_queue *settle_queue_new(struct loop *loop, const char *program);
/* A running child goes on by itself. */
void settle_queue_free(struct settle_queue *q);
/* Once for each id, however often it is given while it waits. */
void settle_queue_add(struct settle_queue *q, const char *id);

#endif
