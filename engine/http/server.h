/*
 * pyro-http: the messages of many clients, from HTTP to one line to the engine and back.
 *
 * Theory of operation. One loop, without threads; libmicrohttpd's epoll descriptor is one of its
 * watches. A request is taken whole, judged by its head (head.h), given a number and sent to the
 * engine as a line (exchange.h); what the engine says of that number goes to its client (answer.h).
 * Nothing else is decided here: what a tool is, and what an error, the engine knows.
 *
 * Everything is bounded: connections; the time in which a client sends a request, and takes what is
 * there for it; the bytes of a request; those of all requests and answers together. A client that
 * closes its connection cancels its request, if that is of the era that says so; else it goes on
 * without it. The end of the engine's lines ends all: what waits is answered, and this returns.
 */
#ifndef PYRO_HTTP_SERVER_H
#define PYRO_HTTP_SERVER_H

#include <stdint.h>

#include "vmm/base/error.h"

struct http_serving {
    int listen_fd;
    int in_fd, out_fd; /* the engine's lines, and those for it */
    const char *token;
    int64_t client_limit_ms; /* for a client to send a request, and to take what is there for it */
    bool (*confine)(struct pyro_error *err); /* before the first byte of anybody is read */
};

bool http_serve(const struct http_serving *serving, struct pyro_error *err) MUST_CHECK;

#endif
