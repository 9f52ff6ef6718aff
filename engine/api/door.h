/*
 * A door for programs: lines of JSON come in, lines go out, calls run between them. `pyro api` and
 * `pyro mcp serve` are each a protocol behind one.
 *
 * Theory of operation. One loop; nothing that may wait runs on it (call.h). Lines are bounded. While
 * the client does not take what goes out, no line is read and no output of a call, so memory is
 * bounded by one line in, 1 MiB out, and what each of at most DOOR_CALLS_MAX calls has for an
 * answer. The door closes when the input ends and the calls have ended, when the reader of the
 * output is gone, or at SIGTERM, SIGINT or SIGHUP; the last ones cancel all calls. Workspaces live
 * on.
 */
#ifndef PYRO_API_DOOR_H
#define PYRO_API_DOOR_H

#include "engine/api/call.h"

#define DOOR_CALLS_MAX 256

struct door;

struct door_ops {
    void (*opened)(void *arg, struct door *door); /* may be NULL */
    /* A line came; NULL: one that is longer than LINES_CLIENT_MAX was dropped. */
    void (*line)(void *arg, struct door *door, char *line, size_t n);
    bool cancels_at_eof; /* else calls end by themselves when the input has ended */
};

/* A call under way, embedded in what a protocol knows of it. */
struct door_call {
    struct door_call *next;
    struct call *call;
};

/* Serves until the door is closed; *ret_signal is the signal that closed it, or 0. */
bool door_run(int in_fd, int out_fd, const struct door_ops *ops, void *arg, int *ret_signal,
              struct pyro_error *err) MUST_CHECK;

struct outgoing *door_outgoing(struct door *door);
struct loop *door_loop(struct door *door);
/* Puts one JSON value out as a line. */
void door_say(struct door *door, const json_t *what);
/* The calls that are under way. */
struct door_call *door_calls(struct door *door);
bool door_is_crowded(const struct door *door);
/* Starts a call; spec->loop and spec->out are filled in here. ops->over() calls door_forget(). */
void door_start(struct door *door, struct door_call *dc, struct call_spec *spec);
void door_forget(struct door *door, struct door_call *dc);

#endif
