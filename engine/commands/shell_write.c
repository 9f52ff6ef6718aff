/* engine/commands/shell_write.c: typing into a shell. */
#include <string.h>

#include "engine/commands/shell_rows.h"
#include "engine/commands/table.h"
#include "engine/shell/shell.h"

struct shell_write_args {
    const char *workspace, *shell, *input;
    bool no_newline, paste;
};

static const struct arg_spec shell_write_rows[] = {
    ARG_WORKSPACE(shell_write_args, workspace),
    ARG_SHELL(shell_write_args, shell),
    ARG_STR(shell_write_args, input, .agent = "", .required = true, .metavar = "TEXT",
            .help = "What to type, control characters too; at most 1 MiB"),
    ARG_FLAG(shell_write_args, no_newline, .agent = "",
             .help = "Do not press Enter after it, and send newlines in it as they are"),
    ARG_FLAG(shell_write_args, paste, .agent = "",
             .help =
                 "Send as one bracketed paste if the program supports it ('pasted' reports it)"),
    ARG_END,
};

static const struct row_spec shell_write_result[] = {
    SHELL_ROWS,
    RES_INT("input_length", .help = "Bytes of the input, without the newline"),
    RES_BOOL("append_newline"),
    RES_BOOL("pasted", .nullable = true,
             .help = "With --paste: whether it was one; if not, it was typed line by line"),
    ROW_END,
};

static json_t *shell_write_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct shell_write_args *a = args;
    struct shell_write_spec spec = { .bytes = a->input,
                                     .n = strlen(a->input),
                                     .as = a->paste        ? SHELL_PASTE
                                           : a->no_newline ? SHELL_KEYS
                                                           : SHELL_LINES,
                                     .enter = !a->no_newline };

    return shell_write(a->workspace, a->shell, &spec, err);
}

const struct cmd_spec cmd_shell_write = {
    .path = "workspace shell write",
    .summary = "Type into a shell",
    .details = "The text reaches the terminal as one piece; a newline in it is Enter, as a person "
               "presses it. "
               "The answer is read with 'workspace shell read'.",
    .example = "pyro workspace shell write demo sh1 --input 'make test'",
    .traits = CMD_DESTRUCTIVE,
    .tool = TOOL("shell_write", "Type into a shell", "Type text and Enter.",
                 TOOL_CORE | TOOL_DESTRUCTIVE | TOOL_OPEN_WORLD,
                 "workspace_id shell_id state input_length"),
    .args = shell_write_rows,
    .args_size = sizeof(struct shell_write_args),
    .result = shell_write_result,
    .told = SHELL_TOLD("write", "pasted "),
    .tells = CMD_TELLS_ON_ERROR,
    .run = shell_write_run,
};
