/* engine/commands/metrics.c: what a monitor reads of this host's workspaces. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cmd/io.h"
#include "engine/commands/table.h"
#include "engine/workspace/metrics.h"
#include "engine/workspace/metrics_listen.h"

#define PORT_MAX 65535

struct metrics_args {
    const char *listen;
};

static const struct arg_spec metrics_rows[] = {
    ARG_STR(metrics_args, listen, .metavar = "127.0.0.1:PORT",
            .help = "Serve them by HTTP at /metrics, to every user of this host, until it is ended "
                    "(port 0: a free one)"),
    ARG_END,
};

static bool parse_address(const char *text, int *ret_port, struct pyro_error *err)
{
    static const char loopback[] = "127.0.0.1:";
    const char *digits = text + strlen(loopback);
    char *end = NULL;
    long port = strncmp(text, loopback, strlen(loopback)) || !isdigit((unsigned char)*digits)
                    ? -1
                    : strtol(digits, &end, 10);

    if (port < 0 || port > PORT_MAX || *end) {
        pyro_fail(err, PYRO_USAGE, "--listen '%.100s' is not 127.0.0.1:PORT", text);
        return pyro_hint(err, "only this host's loopback is served: let what is in front of it "
                              "decide who else may read");
    }
    *ret_port = (int)port;
    return true;
}

static void metrics_tell(void *arg, int port)
{
    cmd_io_warn(arg, "serving http://127.0.0.1:%d/metrics", port);
}

static json_t *metrics_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct metrics_args *a = args;
    scoped_buf text = BUF_INIT(METRICS_BYTES_MAX);
    int port = 0, signal = 0;

    if (!a->listen)
        return metrics_text(&text, err) && cmd_io_write(io, false, text.data, text.len, err)
                   ? json_object()
                   : NULL;
    if (!parse_address(a->listen, &port, err) ||
        !metrics_listen(port, metrics_tell, io, &signal, err))
        return NULL;
    io->exit_status = signal ? 128 + signal : 0;
    return json_object();
}

const struct cmd_spec cmd_metrics = {
    .path = "metrics",
    .summary = "Print what this host's workspaces use, for Prometheus, or serve it",
    .details =
        "Its text format: machines by state, processor time, memory, disk and network of each "
        "that runs, how long starts took. docs/scale.md has the set-up of a monitor.",
    .example = "pyro metrics",
    .traits = CMD_INTERACTIVE,
    .args = metrics_rows,
    .args_size = sizeof(struct metrics_args),
    .run = metrics_run,
};
