/* engine/commands/env_remove.c: one environment less. */
#include "engine/cmd/io.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/environment/environment.h"

struct env_remove_args {
    const char *environment;
};

static const struct arg_spec env_remove_rows[] = {
    ARG_ENVIRONMENT(env_remove_args, environment),
    ARG_END,
};

static const struct row_spec env_remove_result[] = {
    RES_STR("name"),
    RES_INT("freed_bytes", .help = "None for what workspaces still use"),
    ROW_END,
};

static json_t *env_remove_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct env_remove_args *a = args;

    return environment_remove(a->environment, &io->progress, err);
}

static void env_remove_print(const json_t *result, FILE *out)
{
    show_line(out, "Removed", json_string_or(result, "name", NULL));
    show_number(out, "Freed bytes", json_int_or(result, "freed_bytes", 0));
}

const struct cmd_spec cmd_env_remove = {
    .path = "env remove",
    .summary = "Remove an installed environment",
    .details = "Workspaces keep what their disks are built on, and go on as before.",
    .example = "pyro env remove tools",
    .traits = CMD_DESTRUCTIVE,
    .args = env_remove_rows,
    .args_size = sizeof(struct env_remove_args),
    .result = env_remove_result,
    .run = env_remove_run,
    .print = env_remove_print,
};
