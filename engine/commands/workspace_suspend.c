/* engine/commands/workspace_suspend.c: a VM that ends, to go on later. */
#include "engine/cmd/io.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/workspace/workspace.h"

static json_t *workspace_suspend_run(const void *args, struct cmd_io *io UNUSED,
                                     struct pyro_error *err)
{
    const struct workspace_args *a = args;

    return workspace_suspend(a->workspace, err);
}

const struct cmd_spec cmd_workspace_suspend = {
    .path = "workspace suspend",
    .summary = "Keep a workspace's memory on disk and end its VM, to go on later",
    .details =
        "'workspace start' lets it go on where it was: processes, shells and services, on any day "
        "after, a restart of the host included; so does any command that needs its machine. The "
        "memory is used once. Where QEMU, the processor "
        "or pyro have changed meanwhile, 'start' says so and boots from the disk. While it is "
        "suspended its output can be read; it takes no memory and no time of a processor; its time "
        "to live goes on. 'stop' drops the memory. A running command prevents it.",
    .example = "pyro workspace suspend demo",
    .tool = TOOL("workspace_suspend", "Suspend",
                 "Keep the VM's memory on disk and end it; what needs it lets it go on.",
                 TOOL_IDEMPOTENT, "workspace_id state"),
    .args = workspace_arg_rows,
    .args_size = sizeof(struct workspace_args),
    .result = workspace_rows,
    .run = workspace_suspend_run,
    .print = show_workspace,
};
