/* engine/commands/workspace_hold.c: a workspace that lives no longer than this process. */
#include "engine/cmd/io.h"
#include "engine/commands/hold.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"

struct workspace_hold_args {
    const char *workspace;
    bool delete, watch;
};

static const struct arg_spec workspace_hold_rows[] = {
    ARG_WORKSPACE(workspace_hold_args, workspace),
    ARG_FLAG(workspace_hold_args, delete,
             .help = "Delete the workspace when it has ended, unless it failed"),
    ARG_FLAG(workspace_hold_args, watch,
             .help = "Only wait for its end: it may run elsewhere, and lives on after this"),
    ARG_END,
};

static json_t *workspace_hold_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_hold_args *a = args;

    if (a->watch && a->delete) {
        pyro_fail(err, PYRO_USAGE, "--watch leaves the workspace as it is: no --delete");
        return NULL;
    }
    return hold_workspace(
        io, a->workspace, NULL,
        (struct workspace_hold_spec){ .watch = a->watch, .and_delete = a->delete }, err);
}

const struct cmd_spec cmd_workspace_hold = {
    .path = "workspace hold",
    .summary = "Run a workspace in the foreground, for as long as this process lives",
    .details = "For a batch scheduler or a service manager, which sees one process: the machine is "
               "its descendant. A stopped workspace is started. " HOLD_DETAILS,
    .example = "pyro workspace hold demo --delete",
    .args = workspace_hold_rows,
    .args_size = sizeof(struct workspace_hold_args),
    .result = workspace_rows,
    .run = workspace_hold_run,
};
