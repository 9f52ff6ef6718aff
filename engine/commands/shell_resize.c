/* engine/commands/shell_resize.c: another size for a shell's terminal. */
#include "engine/commands/shell_rows.h"
#include "engine/commands/table.h"
#include "engine/shell/shell.h"

struct shell_resize_args {
    const char *workspace, *shell;
    int64_t cols, rows;
};

static const struct arg_spec shell_resize_rows[] = {
    ARG_WORKSPACE(shell_resize_args, workspace),
    ARG_SHELL(shell_resize_args, shell),
    ARG_INT(shell_resize_args, cols, .agent = "", .min = 2, .max = 1000, .def = ARG_UNSET,
            .help = "Columns; unchanged without it"),
    ARG_INT(shell_resize_args, rows, .agent = "", .min = 1, .max = 1000, .def = ARG_UNSET,
            .help = "Rows; unchanged without it"),
    ARG_END,
};

static json_t *shell_resize_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct shell_resize_args *a = args;
    int64_t cols = a->cols == ARG_UNSET ? 0 : a->cols, rows = a->rows == ARG_UNSET ? 0 : a->rows;

    if (!cols && !rows)
        return pyro_fail(err, PYRO_USAGE, "workspace shell resize: --cols or --rows is needed");
    return shell_resize(a->workspace, a->shell, cols, rows, err);
}

const struct cmd_spec cmd_shell_resize = {
    .path = "workspace shell resize",
    .summary = "Give a shell's terminal another size",
    .details = "What was printed before keeps the size it was printed at.",
    .example = "pyro workspace shell resize demo sh1 --cols 200 --rows 50",
    .tool = TOOL("shell_resize", "Resize a shell", "Give a terminal another size.", TOOL_IDEMPOTENT,
                 "workspace_id shell_id state exit_code cols rows"),
    .args = shell_resize_rows,
    .args_size = sizeof(struct shell_resize_args),
    .result = shell_rows,
    .told = SHELL_TOLD("resize", ""),
    .tells = CMD_TELLS_ON_ERROR,
    .run = shell_resize_run,
};
