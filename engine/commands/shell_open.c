/* engine/commands/shell_open.c: a new shell in a workspace. */
#include "engine/commands/guest_command.h"
#include "engine/commands/shell_rows.h"
#include "engine/commands/table.h"
#include "engine/shell/shell.h"

struct shell_open_args {
    const char *workspace;
    struct command_request request;
    int64_t max_wait_ms;
    bool id_only;
};

static const struct arg_spec shell_open_rows[] = {
    ARG_WORKSPACE(shell_open_args, workspace),
    ARG_INT(shell_open_args, max_wait_ms, .max = SHELL_WAIT_MS_MAX, .def = 5000, .unit = "ms",
            .help = "Return at the first prompt, and no later than this; 0: at once"),
    ARG_FLAG(shell_open_args, id_only, .help = "Print the shell's id and nothing else"),
    ARGS_OF(SHELL, shell_open_args),
};

static const struct row_spec shell_open_result[] = {
    SHELL_ROWS,
    RES_BOOL("at_prompt", .nullable = true,
             .help = "Whether the shell waits for input; null when that was not waited for"),
    ROW_END,
};

static json_t *shell_open_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct shell_open_args *a = args;
    const struct shell_open_spec spec = { .request = a->request, .max_wait_ms = a->max_wait_ms };

    if (a->id_only)
        io->print = cmd_print_id;
    return shell_open(a->workspace, &spec, err);
}

const struct cmd_spec cmd_shell_open = {
    .path = "workspace shell open",
    .summary = "Open a shell that stays: bash on a terminal of its own",
    .details = "It lives on in the workspace until it exits or is closed, whatever becomes of the "
               "commands that write to it and read it. It is set up for a program to type into: a "
               "TAB is a TAB, '!' is itself, no pager and no editor waits for keys; --interactive "
               "leaves all of this as a person expects it.",
    .example = "pyro workspace shell open demo --id-only",
    .tool = TOOL(
        "shell_open", "Open a shell",
        "Open a terminal with bash that stays. Then shell_write, and shell_read from its cursor.",
        TOOL_CORE | TOOL_OPEN_WORLD, "workspace_id shell_id state exit_code"),
    .args = shell_open_rows,
    .args_size = sizeof(struct shell_open_args),
    .result = shell_open_result,
    .told = SHELL_TOLD("open", "at_prompt "),
    .tells = CMD_TELLS_ON_ERROR,
    .run = shell_open_run,
};
