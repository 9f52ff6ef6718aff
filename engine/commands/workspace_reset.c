/* engine/commands/workspace_reset.c: the whole workspace as it was. */
#include "engine/cmd/io.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/disk/snapshot.h"

struct workspace_reset_args {
    const char *workspace, *snapshot;
    bool disk_only;
};

static const struct arg_spec workspace_reset_rows[] = {
    ARG_WORKSPACE(workspace_reset_args, workspace),
    ARG_STR(workspace_reset_args, snapshot, .agent = "", .metavar = "NAME", .def_str = "baseline",
            .complete = COMPLETE_SNAPSHOT,
            .help = "The snapshot to go back to; baseline: what it was created with"),
    ARG_FLAG(workspace_reset_args, disk_only, .agent = "",
             .help = "Leave the memory of a snapshot: boot from its disk"),
    ARG_END,
};

static json_t *workspace_reset_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_reset_args *a = args;

    return workspace_reset(a->workspace, a->snapshot, a->disk_only, &io->progress, err);
}

const struct cmd_spec cmd_workspace_reset = {
    .path = "workspace reset",
    .summary = "Reset the whole workspace to its baseline or a snapshot, and start it",
    .details =
        "All of the disk goes back, not /workspace alone: a package installed since is gone, "
        "a deleted file is there. What runs is ended; shells, services and the command "
        "history are cleared; a snapshot with memory brings its own back, and what ran goes on. "
        "Id, name, labels, snapshots and secrets stay. A stopped "
        "workspace is started.",
    .example = "pyro workspace reset demo --snapshot before-upgrade",
    .traits = CMD_DESTRUCTIVE,
    .tool = TOOL("workspace_reset", "Reset",
                 "Bring the VM back to its baseline or a snapshot; all since is lost.",
                 TOOL_CORE | TOOL_IDEMPOTENT, "workspace_id state"),
    .args = workspace_reset_rows,
    .args_size = sizeof(struct workspace_reset_args),
    .result = workspace_rows,
    .run = workspace_reset_run,
    .print = show_workspace,
};
