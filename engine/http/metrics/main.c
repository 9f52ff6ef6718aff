/*
 * engine/http/metrics/main.c: pyro-metrics, started by `pyro metrics --listen`, which gives it a
 * socket that listens and the seconds that it waits for a client.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/http/metrics/page.h"

#define LISTEN_FD 3

int main(int argc, char **argv)
{
    struct metrics_page page = { .listen_fd = LISTEN_FD,
                                 .in_fd = STDIN_FILENO,
                                 .out_fd = STDOUT_FILENO,
                                 .client_limit_seconds =
                                     argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0 };
    struct pyro_error err = { 0 };

    signal(SIGPIPE, SIG_IGN);
    if (!page.client_limit_seconds)
        return 2;
    return metrics_page_serve(&page, &err) ? 0 : 1;
}
