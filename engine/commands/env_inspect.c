/* engine/commands/env_inspect.c: one environment. */
#include "engine/cmd/io.h"
#include "engine/commands/env_first_boot.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"

struct env_inspect_args {
    const char *environment;
};

static const struct arg_spec env_inspect_rows[] = {
    ARG_ENVIRONMENT(env_inspect_args, environment),
    ARG_END,
};

static json_t *env_inspect_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct env_inspect_args *a = args;

    return env_show(a->environment, err);
}

static void env_inspect_print(const json_t *result, FILE *out)
{
    show_line(out, "Environment", json_string_or(result, "name", NULL));
    show_environment(result, out);
}

const struct cmd_spec cmd_env_inspect = {
    .path = "env inspect",
    .summary = "Show an environment: what it holds and where it is",
    .example = "pyro env inspect debian:12",
    .traits = CMD_READ_ONLY,
    .args = env_inspect_rows,
    .args_size = sizeof(struct env_inspect_args),
    .result = environment_rows,
    .run = env_inspect_run,
    .print = env_inspect_print,
};
