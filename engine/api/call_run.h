/* A call as it runs: the command, and its answer. */
#ifndef PYRO_API_CALL_RUN_H
#define PYRO_API_CALL_RUN_H

#include <stdio.h>
#include <sys/types.h>

#include "engine/cmd/io.h"
#include "engine/cmd/json_args.h"

struct call_ops {
    /* Writes the end of the call as whole lines, or as answered() takes it, in the child or here;
     * the result is NULL when it failed, and may be changed. It is redacted; a text that is made of
     * it, but for choosing and cutting, goes through `redaction` again. */
    void (*answer)(void *arg, json_t *result, const struct pyro_error *error,
                   const struct redaction *redaction, FILE *out);
    /* What a guest's command printed, in whole characters where possible. This and the next add to
     * the outgoing lines. */
    void (*output)(void *arg, bool to_err, const char *text, size_t n);
    /* {phase, done, total, unit, message} as docs/progress.md has it, {note} or {entry}. */
    void (*told)(void *arg, const json_t *what);
    /* Takes what answer() wrote: n bytes of text, or a file's content with its descriptor. NULL:
     * that goes out as it is. */
    void (*answered)(void *arg, const char *text, size_t n, int fd);
    /* The answer is on its way; the call is freed when this returns. */
    void (*over)(void *arg);
};

/* What a child is given: descriptors, -1 where there is none. */
struct call_child {
    const struct json_args *args;
    const struct call_ops *ops;
    void *arg;
    pid_t parent;
    int in, answer, told, out, err; /* told, out and err only with events */
};

/* Runs the command in this process; the answer goes into `answer`. */
void call_execute(const struct json_args *args, struct cmd_io *io, const struct call_ops *ops,
                  void *arg, FILE *answer);
/* The whole life of a child, from fork(2) on. */
_Noreturn void call_child_main(const struct call_child *c);

#endif
