/*
 * Whether the guest still answers while somebody waits for something in it that may be silent as
 * long as it likes, such as a command without a timeout. The guest program itself always answers:
 * it is asked now and then, and when no answer comes for STREAM_SILENCE_MS, those who wait are told
 * by a MESSAGE {"note"}, as is everybody who comes later, and again when it answers. Nothing is given
 * up: they decide.
 */
#ifndef PYRO_SUPERVISOR_GUEST_WATCH_H
#define PYRO_SUPERVISOR_GUEST_WATCH_H

#include "engine/supervisor/supervisor.h"

/* Embedded in its owner; zeroed does not wait. */
struct guest_waiter {
    struct guest_waiter *next;
    struct stream *client; /* to be told; a closed one is passed over */
};

/* It waits from now on … */
void guest_watch_add(struct supervisor *s, struct guest_waiter *waiter, struct stream *client);
/* … and no longer. No effect on one that does not wait. */
void guest_watch_remove(struct supervisor *s, struct guest_waiter *waiter);
/* {"op": "guest_watch"}: of a client that waits for the workspace's files to change. The stream stays
 * open until the machine ends. */
supervisor_op_fn guest_watch_listen;
void guest_watch_end(struct supervisor *s, const struct pyro_error *why);

#endif
