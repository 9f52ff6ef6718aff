/*
 * engine/http/main.c: pyro-http, started by `pyro mcp serve --http`, which gives it a socket that
 * listens and the time that it waits for a client. The first line of its input is the token; what
 * comes after it are the engine's messages, and its output is those of the clients.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/http/jail.h"
#include "engine/http/server.h"

#define LISTEN_FD 3
#define TOKEN_BYTES_MAX 1024

/* Byte by byte: what comes after it is not read here. */
static bool read_token(char *ret)
{
    for (size_t n = 0; n < TOKEN_BYTES_MAX && read(STDIN_FILENO, ret + n, 1) == 1; n++)
        if (ret[n] == '\n') {
            ret[n] = '\0';
            return n > 0;
        }
    return false;
}

int main(int argc, char **argv)
{
    char token[TOKEN_BYTES_MAX];
    struct http_serving serving = { .listen_fd = LISTEN_FD,
                                    .in_fd = STDIN_FILENO,
                                    .out_fd = STDOUT_FILENO,
                                    .token = token,
                                    .client_limit_ms = argc > 1 ? strtol(argv[1], NULL, 10) : 0,
                                    .confine = http_jail_enter };
    struct pyro_error err = { 0 };

    signal(SIGPIPE, SIG_IGN);
    if (serving.client_limit_ms <= 0 || !read_token(token))
        return 2;
    return http_serve(&serving, &err) ? 0 : 1;
}
