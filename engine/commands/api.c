/* engine/commands/api.c: the declaration of `pyro api`. */
#include "engine/api/api.h"
#include "engine/client/caller.h"
#include "engine/cmd/io.h"
#include "engine/cmd/output.h"
#include "engine/commands/table.h"
#include "engine/state/timeline.h"
#include "vmm/base/json.h"

struct api_args {
    bool stdio, describe;
};

static const struct arg_spec api_rows[] = {
    ARG_FLAG(api_args, stdio, .help = "Take requests on standard input, answer on standard output"),
    ARG_FLAG(api_args, describe, .help = "Print the schema of every call instead"),
    ARG_END,
};

static void api_print_schema(const json_t *result, FILE *out)
{
    if (json_object_size(result))
        (void)!output_json(result, out);
}

static json_t *api_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct api_args *a = args;
    int signal = 0;

    if (a->stdio == a->describe)
        return pyro_fail(err, PYRO_USAGE, "give one of --stdio and --describe");
    if (a->describe) {
        return api_describe();
    }
    caller_set(CALLER_API);
    if (!api_serve(io->in_fd, io->out_fd, &signal, err))
        return NULL;
    io->exit_status = signal ? 128 + signal : 0;
    return json_object();
}

const struct cmd_spec cmd_api = {
    .path = "api",
    .summary = "Serve calls of every command to a program, on one pair of pipes",
    .details = "Each line in is a request, each line out an event or an answer: docs/api.md. Calls "
               "run side by side. When the input ends, it ends after the calls under way; the "
               "workspaces live on.",
    .example = "pyro api --describe",
    .traits = CMD_INTERACTIVE,
    .args = api_rows,
    .args_size = sizeof(struct api_args),
    .run = api_run,
    .print = api_print_schema,
};
