/* engine/commands/workspace_start.c: a VM again, on the disk as it was left. */
#include "engine/cmd/io.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/workspace/workspace.h"

static json_t *workspace_start_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_args *a = args;

    return workspace_start(a->workspace, &io->progress, err);
}

const struct cmd_spec cmd_workspace_start = {
    .path = "workspace start",
    .summary = "Start a stopped or failed workspace",
    .details = "A workspace that runs already is left as it is.",
    .example = "pyro workspace start demo",
    .tool = TOOL("workspace_start", "Start", "Start a stopped workspace.",
                 TOOL_IDEMPOTENT | TOOL_OPEN_WORLD, "workspace_id state"),
    .args = workspace_arg_rows,
    .args_size = sizeof(struct workspace_args),
    .result = workspace_rows,
    .run = workspace_start_run,
    .print = show_workspace,
};
