/* engine/commands/shell_list.c: the shells of a workspace. */
#include <inttypes.h>

#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/shell/shell.h"

static const struct row_spec shell_list_result[] = {
    RES_STR("workspace_id"),
    RES_INT("count"),
    RES_OBJECTS("shells", shell_rows, .help = "In the order they were opened"),
    ROW_END,
};

static json_t *shell_list_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct workspace_args *a = args;

    return shell_list(a->workspace, err);
}

static void shell_list_show_size(const json_t *shell, FILE *out)
{
    fprintf(out, "%" PRId64 "x%" PRId64, json_int_or(shell, "cols", 0),
            json_int_or(shell, "rows", 0));
}

static void shell_list_print(const json_t *result, FILE *out)
{
    static const struct show_column columns[] = {
        { "SHELL ID", 9, .member = "shell_id" },
        { "STATE", 8, .member = "state" },
        { "ATTENTION", 9, .show = show_attention },
        { "SIZE", 9, .show = shell_list_show_size },
        { "EXIT", 5, .member = "exit_code" },
        { "CWD", .member = "cwd" },
        { .title = NULL },
    };

    show_table(json_object_get(result, "shells"), columns, "No shells.", out);
}

const struct cmd_spec cmd_shell_list = {
    .path = "workspace shell list",
    .summary = "List a workspace's shells, including those that have ended",
    .example = "pyro workspace shell list demo",
    .traits = CMD_READ_ONLY,
    .tool = TOOL("shell_list", "List shells", "List the shells of a workspace.", 0,
                 "count shells.shell_id shells.state shells.exit_code shells.cwd"),
    .args = workspace_arg_rows,
    .args_size = sizeof(struct workspace_args),
    .result = shell_list_result,
    .run = shell_list_run,
    .print = shell_list_print,
};
