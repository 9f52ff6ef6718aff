/* engine/commands/workspace_stop.c: stops a VM; its disk stays. */
#include "engine/cmd/io.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/workspace/workspace.h"

static json_t *workspace_stop_run(const void *args, struct cmd_io *io UNUSED,
                                  struct pyro_error *err)
{
    const struct workspace_args *a = args;

    return workspace_stop(a->workspace, err);
}

const struct cmd_spec cmd_workspace_stop = {
    .path = "workspace stop",
    .summary = "Stop a workspace's VM; its disk and records stay",
    .details =
        "The guest is shut down cleanly. Running commands end. A workspace that is stopped already "
        "is left as it is.",
    .example = "pyro workspace stop demo",
    .traits = CMD_DESTRUCTIVE,
    .tool = TOOL("workspace_stop", "Stop", "Stop the VM; disk and output are kept.",
                 TOOL_IDEMPOTENT | TOOL_DESTRUCTIVE, "workspace_id state"),
    .args = workspace_arg_rows,
    .args_size = sizeof(struct workspace_args),
    .result = workspace_rows,
    .run = workspace_stop_run,
    .print = show_workspace,
};
