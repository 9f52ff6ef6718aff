/* engine/commands/workspace_delete.c: removes a workspace and all its data. */
#include "engine/cmd/io.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/workspace/workspace.h"

static const struct row_spec workspace_delete_result[] = {
    RES_STR("workspace_id"),
    RES_BOOL("deleted"),
    ROW_END,
};

static json_t *workspace_delete_run(const void *args, struct cmd_io *io UNUSED,
                                    struct pyro_error *err)
{
    const struct workspace_args *a = args;

    return workspace_delete(a->workspace, err);
}

static void workspace_delete_print(const json_t *result, FILE *out)
{
    show_line(out, "Deleted workspace", json_string_or(result, "workspace_id", NULL));
}

const struct cmd_spec cmd_workspace_delete = {
    .path = "workspace delete",
    .summary = "Delete a workspace with its disk, history and records",
    .example = "pyro workspace delete demo",
    .traits = CMD_DESTRUCTIVE | CMD_REMOVES,
    .tool = TOOL("workspace_delete", "Delete", "Delete a workspace and all its data.",
                 TOOL_CORE | TOOL_IDEMPOTENT, "workspace_id deleted"),
    .args = workspace_arg_rows,
    .args_size = sizeof(struct workspace_args),
    .result = workspace_delete_result,
    .run = workspace_delete_run,
    .print = workspace_delete_print,
};
