/*
 * A command of pyro as a child process, for a program with a loop: nothing the command does can
 * hold that program up, and it runs exactly as it would from a shell. Its progress comes as events
 * (docs/progress.md), its result or its error at the end.
 */
#ifndef PYRO_CLIENT_CHILD_H
#define PYRO_CLIENT_CHILD_H

#include "engine/helper/progress.h"
#include "vmm/base/json.h"
#include "vmm/base/loop.h"

struct child;

struct child_progress {
    const char *phase;           /* NULL: none yet */
    const char *message;         /* for a person */
    struct progress_count count; /* unknown numbers are -1, an unknown unit NULL */
};

struct child_end {
    bool ok;
    bool cancelled;       /* by child_cancel(), and not ok */
    const json_t *result; /* of a JSON command; also of one that failed; may be NULL */
    const char *output;   /* of a text command: its output, NUL-terminated */
    size_t output_len;
    struct pyro_error error;
};

struct child_ops {
    /* May be NULL, as may the next. Everything the arguments point to is borrowed for the call. */
    void (*progress)(void *arg, const struct child_progress *progress);
    /* A line of its standard error; foreign text. */
    void (*said)(void *arg, const char *line);
    /* It is over; the child is freed when this returns. */
    void (*ended)(void *arg, const struct child_end *end);
};

struct child_spec {
    const char *program;     /* NULL: this one */
    const char *const *argv; /* without the program; NULL-terminated, at most CHILD_ARGS_MAX */
    bool text;               /* its output is for people; else it gets --json */
    int out_fd;              /* takes its output; -1: it is collected, up to CHILD_OUTPUT_MAX */
    const struct child_ops *ops;
    void *arg;
};

#define CHILD_ARGS_MAX 64
/* Two whole logs of a service, 64 MiB each, as JSON strings of mostly text. */
#define CHILD_OUTPUT_MAX ((size_t)512 * 1024 * 1024)

/* Starts it, in a session of its own; it inherits the variables that pyro reads, those that
 * matter to the fetching of packages, and the user's own. NULL when it could not be started. Does
 * not block. */
struct child *child_start(struct loop *loop, const struct child_spec *spec,
                          struct pyro_error *err) MUST_CHECK;
/* Asks it to end; the second time, kills it and everything it started. */
void child_cancel(struct child *child);
/* Stops listening to it; it runs on. NULL is fine. */
void child_free(struct child *child);

#endif
