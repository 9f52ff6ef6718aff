/* engine/commands/service_start.c: a command that stays. */
#include "engine/commands/guest_command.h"
#include "engine/commands/rows.h"
#include "engine/commands/service_rows.h"
#include "engine/commands/table.h"
#include "engine/service/service.h"

#define INTERVAL_MS_MAX (3600 * 1000)

struct service_start_args {
    const char *workspace, *service;
    struct command_request request;
    const char *ready_file, *ready_tcp, *ready_http, *ready_command;
    int64_t ready_timeout_seconds, ready_interval_ms;
};

static const struct arg_spec service_start_rows[] = {
    ARG_WORKSPACE(service_start_args, workspace),
    ARG_SERVICE(service_start_args, service),
    ARG_STR(service_start_args, ready_file, .agent = "", .metavar = "PATH",
            .help = "Ready when this file is there; relative to --cwd"),
    ARG_STR(service_start_args, ready_tcp, .agent = "HOST:PORT", .metavar = "HOST:PORT",
            .help = "Ready when this port of the guest's loopback takes connections"),
    ARG_STR(service_start_args, ready_http, .agent = "URL", .metavar = "URL",
            .help = "Ready when this URL on the guest's loopback answers 2xx or 3xx"),
    ARG_STR(service_start_args, ready_command, .agent = "", .metavar = "CMD",
            .help = "Ready when this command, run by sh, exits with status 0"),
    ARG_INT(service_start_args, ready_timeout_seconds, .agent = "", .max = SECONDS_MAX, .def = 30,
            .patient = true, .unit = "seconds",
            .help = "Stop it and fail when it is not ready by then; 0: never"),
    ARG_INT(service_start_args, ready_interval_ms, .min = 1, .max = INTERVAL_MS_MAX, .def = 500,
            .unit = "ms", .help = "Interval between readiness checks"),
    ARGS_OF(SERVICE, service_start_args),
};

static json_t *service_start_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct service_start_args *a = args;
    struct service_start_spec spec = { .request = a->request,
                                       .ready = { .file = a->ready_file,
                                                  .tcp = a->ready_tcp,
                                                  .http = a->ready_http,
                                                  .command = a->ready_command,
                                                  .timeout_seconds = a->ready_timeout_seconds,
                                                  .interval_ms = a->ready_interval_ms } };

    return service_tell(io, &cmd_service_start,
                        service_start(a->workspace, a->service, &spec, err));
}

const struct cmd_spec cmd_service_start = {
    .path = "workspace service start",
    .summary = "Start a service: a command that stays, and wait until it is ready",
    .details = "The service is its first process: when that ends, whatever it left running is "
               "killed. Its output is read with 'workspace service logs'.",
    .example =
        "pyro workspace service start demo clock --ready-file clock.log -- sh -c 'while date "
        ">>clock.log; do sleep 1; done'",
    .tool = TOOL("service_start", "Start a service",
                 "Start a command that stays, and wait until it is ready.", TOOL_OPEN_WORLD,
                 "workspace_id service_name state exit_code stop_reason published_ports.host_port "
                 "published_ports.guest_port"),
    .args = service_start_rows,
    .args_size = sizeof(struct service_start_args),
    .result = service_rows,
    .told = SERVICE_TOLD("start"),
    .run = service_start_run,
};
