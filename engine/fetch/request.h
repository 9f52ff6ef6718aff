/*
 * One thing that is wanted from the endpoints of a job, until it is there or cannot be had:
 * redirects are followed by hand, logins made when they are asked for, passing failures tried
 * again, bodies that were cut continued, and where an endpoint fails the next one is asked. What
 * sends something is not redirected.
 */
#ifndef PYRO_FETCH_REQUEST_H
#define PYRO_FETCH_REQUEST_H

#include "engine/fetch/client.h"
#include "engine/fetch/response.h"

/* Where the body goes. Each may fail with *err; then nothing of it is tried again at this
 * endpoint. */
struct request_sink {
    /* An answer begins: its body starts at byte `from`. */
    bool (*begin)(void *arg, const struct response *r, int64_t from, struct pyro_error *err);
    bool (*data)(void *arg, const void *bytes, size_t n, struct pyro_error *err);
    /* The answer is complete. */
    bool (*end)(void *arg, const struct response *r, struct pyro_error *err);
    /* How many bytes there are already, to go on from; 0: none. NULL: it cannot go on. */
    int64_t (*have)(void *arg);
};

enum request_method { REQUEST_GET, REQUEST_HEAD, REQUEST_POST, REQUEST_PUT };

/* What is sent: a part of a file. */
struct request_body {
    const char *media_type;
    int fd;
    int64_t offset, size;
    int64_t sent; /* so far, of this try */
};

enum request_state {
    REQUEST_NEW,
    REQUEST_RUNNING,
    REQUEST_WAITING, /* until wait_until_ms */
    REQUEST_DONE,
    REQUEST_FAILED
};

struct request {
    const char *path;   /* below /v2/REPOSITORY/ */
    const char *what;   /* for errors: "layer 2" */
    const char *accept; /* NULL: anything */
    enum request_method method;
    struct request_body *body; /* of PUT; NULL: none */
    bool is_once;              /* the caller begins again, from further back */
    unsigned endpoint;         /* the first that is asked */
    const struct request_sink *sink;
    void *arg; /* of the sink */

    enum request_state state;
    struct pyro_error err; /* of REQUEST_FAILED */
    int status;            /* of the last answer; 0: none */
    bool is_passing;       /* of REQUEST_FAILED, is_once: it may be tried again … */
    int64_t wait_ms;       /* … in so long; -1: not stated */
    /* Private. */
    struct client *client;
    struct call call;
    struct response response;
    char *url; /* a redirect's, or given by the caller; NULL: the endpoint's own. Taken */
    int64_t from;
    int64_t wait_until_ms;
    unsigned hops, tries, logins;
    bool begun, shown_fresh, shown, from_start, is_at_home;
    int64_t got; /* bytes of the body, of this try */
};

#define REQUEST_AT_ONCE 3

/* Runs them, three at a time, until all are done or one has failed, whose error is *err. `tick`
 * (NULL: none) is called a few times a second. */
bool requests_run(struct client *c, struct request *requests, unsigned count,
                  void (*tick)(void *arg), void *arg, struct pyro_error *err) MUST_CHECK;

#endif
