/* engine/commands/workspace_exec.c: one command in a workspace, its streams passed through. */
#include <inttypes.h>

#include "engine/cmd/io.h"
#include "engine/commands/guest_command.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"
#include "engine/workspace/workspace.h"

struct workspace_exec_args {
    const char *workspace;
    struct command_request request;
    bool no_stdin;
};

static const struct arg_spec workspace_exec_rows[] = {
    ARG_WORKSPACE(workspace_exec_args, workspace),
    ARG_FLAG(workspace_exec_args, no_stdin, .help = "Pass no input (stdin is at end of file)"),
    ARGS_OF(EXEC, workspace_exec_args),
};

static const struct row_spec workspace_exec_result[] = {
    RES_STR("workspace_id"),
    RES_INT("sequence", .help = "From 1, the number in the workspace's logs"),
    RES_STR("cwd"),
    RES_STRINGS("command"),
    RES_OUTPUT_ROWS,
    RES_INT("exit_code", .help = "128+N when signal N ended it, 124 when it ran out of time"),
    RES_INT("duration_ms"),
    RES_STR("execution_mode", .choices = execution_modes),
    RES_BOOL("timed_out"),
    RES_INT("left_behind", .help = "Background processes that were killed when the command ended"),
    ROW_END,
};

static bool workspace_exec_run(const void *args, struct cmd_io *io, json_t **ret_result,
                               struct pyro_error *err)
{
    const struct workspace_exec_args *a = args;
    struct workspace_exec_spec spec = guest_command_spec(io, &a->request);
    const json_t *r;
    int64_t left;

    if (a->no_stdin)
        spec.stdin_fd = -1;
    r = *ret_result = workspace_exec(a->workspace, &spec, err);
    if (!r)
        return false;
    guest_command_ended(io, r, a->request.timeout_ms);
    left = json_int_or(r, "left_behind", 0);
    if (left > 0 && !io->json)
        cmd_io_warn(io,
                    "%" PRId64 " background process%s killed when the command ended; use a service "
                    "for one that should stay ('pyro workspace service start')",
                    left, left == 1 ? " was" : "es were");
    return true;
}

const struct cmd_spec cmd_workspace_exec = {
    .path = "workspace exec",
    .summary = "Run a command in a workspace",
    .details =
        "Its output comes as it is written, standard input is passed to it, Ctrl-C interrupts "
        "it, and its exit status becomes this command's. What it leaves running in the background "
        "is ended with it. In a loop such as 'while read -r file; do ... done <list' it would read "
        "the rest of the list: give --no-stdin there.",
    .example = "pyro workspace exec demo -- sh -lc 'uname -a'",
    .traits = CMD_STREAMING | CMD_GUEST_STATUS | CMD_DESTRUCTIVE,
    .args = workspace_exec_rows,
    .args_size = sizeof(struct workspace_exec_args),
    .result = workspace_exec_result,
    .told =
        "workspace-exec workspace_id sequence cwd execution_mode exit_code duration_ms timed_out?",
    .tells = CMD_TELLS_ON_ERROR,
    .run = workspace_exec_run,
};
