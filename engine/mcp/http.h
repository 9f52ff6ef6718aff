/*
 * HTTP for `pyro mcp serve`: pyro-http, a program of its own, takes what clients send on a port of
 * 127.0.0.1 and passes whole messages on, as lines, to the engine that serves standard input; its
 * answers go back the same way. So there is one engine, and HTTP, its library and what that loads are
 * in a process that has no files and starts nothing (engine/http).
 *
 * The token is in a file of the user's own, made when there is none: it is the same at the next
 * start, because clients keep it, and is in no argument, environment or log.
 */
#ifndef PYRO_MCP_HTTP_H
#define PYRO_MCP_HTTP_H

#include <sys/types.h>

#include "vmm/base/error.h"

struct mcp_http {
    int port;
    char *token_path;
    pid_t pid;
    int in_fd, out_fd; /* what clients send, and what they get: for mcp_serve() */
};

#define MCP_HTTP_INIT { .in_fd = -1, .out_fd = -1 }

/* Listens on the port (0: a free one), and starts pyro-http. Release it in either case. */
bool mcp_http_start(struct mcp_http *ret, int port, struct pyro_error *err) MUST_CHECK;
/* Ends pyro-http, which first hands out the answers that it has. False: it had ended by itself, and
 * not well. */
bool mcp_http_finish(struct mcp_http *h, struct pyro_error *err) MUST_CHECK;
void mcp_http_release(struct mcp_http *h);

#endif
