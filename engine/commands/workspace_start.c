/* engine/commands/workspace_start.c: a VM again, on the disk as it was left. */
#include "engine/cmd/io.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/workspace/workspace.h"

static json_t *workspace_start_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_args *a = args;

    json_t *view = workspace_start(a->workspace, &io->progress, err);
    const char *lost = json_string_or(view, "resume_error", NULL);

    if (lost)
        cmd_io_warn(io, "booted from the disk, what ran has ended: %s", lost);
    return view;
}

const struct cmd_spec cmd_workspace_start = {
    .path = "workspace start",
    .summary = "Start a stopped or failed workspace, or let a suspended one go on",
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
