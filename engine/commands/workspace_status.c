/* engine/commands/workspace_status.c: a workspace's state. */
#include "engine/cmd/io.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/workspace/workspace.h"

static json_t *workspace_status_run(const void *args, struct cmd_io *io UNUSED,
                                    struct pyro_error *err)
{
    const struct workspace_args *a = args;

    return workspace_status(a->workspace, err);
}

const struct cmd_spec cmd_workspace_status = {
    .path = "workspace status",
    .summary = "Show a workspace",
    .example = "pyro workspace status demo",
    .traits = CMD_READ_ONLY,
    .tool = TOOL("workspace_status", "Show a workspace",
                 "State, settings and counts of a workspace.", 0,
                 "workspace_id name labels environment state network_policy secrets.name "
                 "vcpu_count mem_mib expires_at stop_reason shell_count service_count "
                 "running_service_count command_count last_command last_error"),
    .args = workspace_arg_rows,
    .args_size = sizeof(struct workspace_args),
    .result = workspace_rows,
    .run = workspace_status_run,
    .print = show_workspace,
};
