/* engine/cmd/shell_write.c: typing into a shell. */
#include <string.h>

#include "engine/cmd/rows.h"
#include "engine/cmd/shell_rows.h"
#include "engine/cmd/table.h"
#include "engine/shell/shell.h"
#include "vmm/base/buf.h"

#define INPUT_MAX (1024 * 1024)

struct shell_write_args {
    const char *workspace, *shell, *input;
    bool no_newline;
};

static const struct arg_spec shell_write_rows[] = {
    ARG_WORKSPACE(shell_write_args, workspace),
    ARG_SHELL(shell_write_args, shell),
    ARG_STR(shell_write_args, input, .required = true, .metavar = "TEXT",
            .help = "What to type, control characters too; at most 1 MiB"),
    ARG_FLAG(shell_write_args, no_newline, .help = "Do not press Enter after it"),
    ARG_END,
};

static const struct result_spec shell_write_result[] = {
    RES_SHELL_ROWS,
    RES_INT("input_length", .help = "Bytes of the input, without the newline"),
    RES_BOOL("append_newline"),
    RES_END,
};

static bool shell_write_run(const void *args, struct cmd_io *io, json_t **ret_result,
                            struct pyro_error *err)
{
    const struct shell_write_args *a = args;
    scoped_buf input = BUF_INIT(INPUT_MAX);
    size_t n = strlen(a->input);
    json_t *view;

    if (!buf_append(&input, a->input, n) || (!a->no_newline && !buf_append(&input, "\n", 1)))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                         "--input is too long: at most %d bytes can be written at once", INPUT_MAX);
    view = shell_write(a->workspace, a->shell, input.len ? input.data : "", input.len, err);
    if (!view)
        return false;
    json_object_set_new(view, "input_length", json_integer((json_int_t)n));
    json_object_set_new(view, "append_newline", json_boolean(!a->no_newline));
    *ret_result = view;
    shell_summary(io, "workspace-shell-write", view);
    return true;
}

const struct cmd_spec cmd_shell_write = {
    .path = "workspace shell write",
    .summary = "Type into a shell",
    .details = "The text reaches the terminal as one piece and as it is; a newline is Enter. "
               "The answer is read with 'workspace shell read'.",
    .example = "pyro workspace shell write demo sh1 --input 'make test'",
    .traits = CMD_DESTRUCTIVE,
    .args = shell_write_rows,
    .args_size = sizeof(struct shell_write_args),
    .result = shell_write_result,
    .run = shell_write_run,
};
