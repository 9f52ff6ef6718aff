/* engine/commands/service_logs.c: prints a service's output. */

#include "engine/commands/service_rows.h"
#include "engine/commands/table.h"
#include "engine/service/service.h"

#define TAIL_LINES_MAX 100000000

struct service_logs_args {
    const char *workspace, *service;
    int64_t tail_lines;
    bool all, follow;
};

static const struct arg_spec service_logs_rows[] = {
    ARG_WORKSPACE(service_logs_args, workspace),
    ARG_SERVICE(service_logs_args, service),
    ARG_INT(service_logs_args, tail_lines, .agent = "", .max = TAIL_LINES_MAX, .def = 200,
            .help = "The last lines of each output"),
    ARG_FLAG(service_logs_args, all, .help = "All output that is kept, instead"),
    ARG_FLAG(service_logs_args, follow, .help = "Go on with new output, until the service ends"),
    ARG_END,
};

static const struct row_spec service_logs_result[] = {
    SERVICE_ROWS,
    RES_STR("stdout"),
    RES_STR("stderr"),
    RES_INT("tail_lines", .nullable = true, .help = "Null with --all"),
    RES_INT("stdout_dropped_bytes", .help = "With --all: bytes that the log no longer has"),
    RES_INT("stderr_dropped_bytes"),
    ROW_END,
};

/* Bytes go to a file or pipe as they are, to a terminal with control characters made visible. */
static bool service_logs_pass_on(void *arg, enum service_output output, const void *bytes, size_t n,
                                 struct pyro_error *err)
{
    struct cmd_io *io = arg;

    return cmd_io_write_shown(io, output == SERVICE_STDERR, bytes, n, err) && cmd_io_pause(io, err);
}

static void add_logs(json_t *view, const struct service_logs *l, int64_t tail_lines)
{
    for (int i = 0; i < 2; i++) {
        const char *name = service_output_name((enum service_output)i);
        char dropped[40];
        json_object_set_new(
            view, name,
            json_string_lossy(l->output[i].len ? l->output[i].data : "", l->output[i].len));
        snprintf(dropped, sizeof(dropped), "%s_dropped_bytes", name);
        json_object_set_new(view, dropped, json_integer((json_int_t)l->dropped[i]));
    }
    json_object_set_new(view, "tail_lines",
                        tail_lines < 0 ? json_null() : json_integer((json_int_t)tail_lines));
}

static json_t *service_logs_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct service_logs_args *a = args;
    struct service_logs_spec spec = { .tail_lines = a->all ? -1 : a->tail_lines,
                                      .arg = io,
                                      .progress = &io->progress };
    struct service_logs l;
    json_t *result = NULL;
    bool ok = true;

    if (a->follow && !io->passes)
        return pyro_fail(err, PYRO_USAGE, "--follow and --json exclude each other");
    if (a->follow)
        spec.sink = service_logs_pass_on;
    if (!service_logs(a->workspace, a->service, &spec, &l, err))
        return NULL;
    for (int i = 0; i < 2 && ok && !io->json; i++)
        if (l.output[i].len)
            ok = service_logs_pass_on(io, (enum service_output)i, l.output[i].data, l.output[i].len,
                                      err);
    if (ok) {
        add_logs(l.view, &l, spec.tail_lines);
        result = service_tell(io, &cmd_service_logs, json_incref(l.view));
    }
    service_logs_release(&l);
    return result;
}

const struct cmd_spec cmd_service_logs = {
    .path = "workspace service logs",
    .summary = "Read what a service printed",
    .details = "Its standard output goes to standard output, its standard error to standard error. "
               "They can be read after the service, and after its workspace was stopped.",
    .example = "pyro workspace service logs demo clock --tail-lines 50",
    .traits = CMD_READ_ONLY | CMD_STREAMING,
    .tool = TOOL("service_logs", "Read a service", "What a service printed, the last lines.", 0,
                 "workspace_id service_name state exit_code stdout stderr"),
    .args = service_logs_rows,
    .args_size = sizeof(struct service_logs_args),
    .result = service_logs_result,
    .told = SERVICE_TOLD("logs"),
    .run = service_logs_run,
};
