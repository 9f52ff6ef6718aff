/* engine/commands/shell_close.c: ends a shell. */
#include "engine/commands/shell_rows.h"
#include "engine/commands/table.h"
#include "engine/shell/shell.h"

struct shell_close_args {
    const char *workspace, *shell;
};

static const struct arg_spec shell_close_rows[] = {
    ARG_WORKSPACE(shell_close_args, workspace),
    ARG_SHELL(shell_close_args, shell),
    ARG_END,
};

static json_t *shell_close_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct shell_close_args *a = args;

    return shell_close(a->workspace, a->shell, err);
}

const struct cmd_spec cmd_shell_close = {
    .path = "workspace shell close",
    .summary = "End a shell and all that runs in it; its output stays readable",
    .details = "What runs in it gets HUP, and after a second KILL.",
    .example = "pyro workspace shell close demo sh1",
    .traits = CMD_DESTRUCTIVE,
    .tool = TOOL("shell_close", "Close a shell",
                 "End a shell and all that runs in it; its output stays readable.",
                 TOOL_IDEMPOTENT | TOOL_DESTRUCTIVE, "workspace_id shell_id state exit_code"),
    .args = shell_close_rows,
    .args_size = sizeof(struct shell_close_args),
    .result = shell_rows,
    .told = SHELL_TOLD("close", ""),
    .tells = CMD_TELLS_ON_ERROR,
    .run = shell_close_run,
};
