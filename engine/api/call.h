/*
 * One call of a command by a program: side by side with others, in a process with a loop.
 *
 * Only a command that is quick (spec.h) on a workspace that a supervisor holds runs in this process,
 * within call_begin(). Every other one runs in a child forked from it, without exec: handlers run
 * loops of their own, block signals and may wait forever. The child leads a process group, has
 * its own descriptors 0 to 2, and dies with this process.
 *
 * A child writes its answer into an unnamed file, which goes to the client when the child has ended:
 * an answer that was cut short is never seen. What a guest prints meanwhile comes through pipes, and
 * is read only while the client takes it, so a client that does not read makes the call wait.
 */
#ifndef PYRO_API_CALL_H
#define PYRO_API_CALL_H

#include "engine/api/call_run.h"
#include "engine/api/outgoing.h"

struct call;

struct call_spec {
    struct loop *loop;
    struct outgoing *out;
    struct json_args *args; /* taken, in any case */
    const char *input;      /* its standard input; NULL: none */
    size_t input_len;
    bool events; /* wants output and told */
    const struct call_ops *ops;
    void *arg;
};

/* Starts it; NULL: it is over already, ops->over() included. */
struct call *call_begin(const struct call_spec *spec);
/* Asks the child to end, which ends a guest's command with it; after some seconds kills it and what
 * it started. The call ends with its result, if it still has one, or with PYRO_INTERRUPTED. */
void call_cancel(struct call *call);
/* There is room for more output. */
void call_go_on(struct call *call);

#endif
