/* engine/commands/workspace_exec.c: one command in a workspace, its streams passed through. */
#include <inttypes.h>

#include "engine/cmd/io.h"
#include "engine/cmd/summary.h"
#include "engine/commands/guest_command.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"
#include "engine/state/commands.h"
#include "engine/workspace/command.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/patience.h"

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
    RES_STR("state", .choices = command_states,
            .help = "With --detach, and when --max-wait-ms is over: running"),
    RES_OUTPUT_ROWS,
    RES_INT("exit_code", .nullable = true,
            .help = "128+N when signal N ended it, 124 when it ran out of time; null while it "
                    "runs"),
    RES_INT("duration_ms"),
    RES_STR("execution_mode", .choices = execution_modes),
    RES_BOOL("timed_out"),
    RES_INT("timeout_seconds", .help = "The limit that timed_out speaks of; 0: there is none"),
    RES_INT("next_cursor", .nullable = true,
            .help = "While it runs: where 'workspace command read' goes on"),
    RES_INT("left_behind", .help = "Background processes that were killed when the command ended"),
    ROW_END,
};

static void workspace_exec_print_sequence(const json_t *result, FILE *out)
{
    fprintf(out, "%" PRId64 "\n", json_int_or(result, "sequence", 0));
}

/* The object of a command that ended, without what only such a one has. */
static json_t *run_detached(const char *workspace, const struct command_request *request,
                            struct cmd_io *io, struct pyro_error *err)
{
    json_t *command = workspace_exec_detached(workspace, request, err);
    struct capture nothing;

    if (!command)
        return NULL;
    capture_init(&nothing);
    capture_to_json(&nothing, "stdout", command);
    capture_to_json(&nothing, "stderr", command);
    json_object_set_new(command, "left_behind", json_integer(0));
    json_object_set_new(command, "next_cursor", json_integer(0));
    io->print = workspace_exec_print_sequence;
    summary_tell(io, &cmd_workspace_exec, command);
    return command;
}

static void warn_left_behind(struct cmd_io *io, const json_t *result)
{
    int64_t left = json_int_or(result, "left_behind", 0);

    if (left > 0 && !io->json)
        cmd_io_warn(io,
                    "%" PRId64 " background process%s killed when the command ended; use a service "
                    "for one that should stay ('pyro workspace service start')",
                    left, left == 1 ? " was" : "es were");
}

static void warn_still_running(struct cmd_io *io, const json_t *result)
{
    int64_t cursor = json_int_or(result, "next_cursor", -1);

    if (cursor >= 0 && !io->json)
        cmd_io_warn(io,
                    "it still runs: 'pyro workspace command read %s %" PRId64 " --cursor %" PRId64
                    " --max-wait-ms 50000' reads on",
                    json_string_or(result, "workspace_id", ""), json_int_or(result, "sequence", 0),
                    cursor);
}

static json_t *workspace_exec_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_exec_args *a = args;
    struct command_request request = a->request; /* borrowed */
    struct workspace_exec_spec spec;
    json_t *r;

    if (request.detach && request.max_wait_ms != ARG_UNSET)
        return pyro_fail(err, PYRO_USAGE, "--detach and --max-wait-ms exclude each other");
    if (request.max_wait_ms == ARG_UNSET)
        request.max_wait_ms = 0;
    if (request.timeout_ms == ARG_UNSET)
        request.timeout_ms = request.detach ? 0 : patience(COMMAND_TIMEOUT_SECONDS) * 1000;
    if (request.detach)
        return run_detached(a->workspace, &request, io, err);
    spec = guest_command_spec(io, &request);
    if (a->no_stdin)
        spec.stdin_fd = -1;
    r = workspace_exec(a->workspace, &spec, err);
    if (!r)
        return NULL;
    guest_command_ended(io, r, request.timeout_ms);
    warn_left_behind(io, r);
    warn_still_running(io, r);
    return r;
}

const struct cmd_spec cmd_workspace_exec = {
    .path = "workspace exec",
    .summary = "Run a command in a workspace",
    .details =
        "Its output comes as it is written, standard input is passed to it, Ctrl-C interrupts "
        "it, and its exit status becomes this command's. What it leaves running in the background "
        "is ended with it; a command with --detach goes on by itself, until its end or the "
        "machine's; so does one that takes longer than --max-wait-ms, and 'workspace command' has "
        "the rest of what it prints. "
        "In a loop such as 'while read -r file; do ... done <list' it would read "
        "the rest of the list: give --no-stdin there.",
    .example = "pyro workspace exec demo -- sh -lc 'uname -a'",
    .traits = CMD_STREAMING | CMD_GUEST_STATUS | CMD_DESTRUCTIVE,
    .tool = TOOL("workspace_exec", "Run a command",
                 "Run a command as root and wait for its end. A non-zero exit_code is not an "
                 "error. After max_wait_ms it goes on, state running: "
                 "workspace_command_read. What it leaves in the background ends with it.",
                 TOOL_CORE | TOOL_OPEN_WORLD,
                 "workspace_id sequence state exit_code timed_out timeout_seconds duration_ms "
                 "next_cursor stdout stderr stdout_bytes stdout_truncated stderr_bytes "
                 "stderr_truncated"),
    .args = workspace_exec_rows,
    .args_size = sizeof(struct workspace_exec_args),
    .result = workspace_exec_result,
    .told =
        "workspace-exec workspace_id sequence cwd execution_mode exit_code duration_ms timed_out?",
    .tells = CMD_TELLS_ON_ERROR,
    .run = workspace_exec_run,
};
