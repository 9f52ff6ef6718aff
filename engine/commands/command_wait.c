/* engine/commands/command_wait.c: until a command has ended. */
#include "engine/cmd/io.h"
#include "engine/commands/command_rows.h"
#include "engine/commands/table.h"

struct command_wait_args {
    const char *workspace;
    int64_t sequence, timeout_seconds;
};

static const struct arg_spec command_wait_rows[] = {
    ARG_WORKSPACE(command_wait_args, workspace),
    ARG_SEQUENCE(command_wait_args),
    ARG_INT(command_wait_args, timeout_seconds, .max = SECONDS_MAX, .unit = "seconds",
            .help = "Wait no longer than this, and answer that it still runs; 0: however long"),
    ARG_END,
};

static json_t *command_wait_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct command_wait_args *a = args;

    return command_await(a->workspace, a->sequence, a->timeout_seconds * 1000, &io->progress, err);
}

const struct cmd_spec cmd_command_wait = {
    .path = "workspace command wait",
    .summary = "Wait until a command has ended",
    .details = "The answer has its state and exit code; this command's own exit status is 0.",
    .example = "pyro workspace command wait demo 1 --timeout-seconds 600",
    .traits = CMD_READ_ONLY,
    .args = command_wait_rows,
    .args_size = sizeof(struct command_wait_args),
    .result = command_state_rows,
    .told = COMMAND_TOLD("wait", ""),
    .tells = CMD_TELLS_ON_ERROR,
    .run = command_wait_run,
};
