/* engine/commands/run.c: one command in a VM of its own. */
#include "engine/cmd/io.h"
#include "engine/commands/guest_command.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"
#include "engine/environment/catalog.h"

struct run_args {
    const char *environment, *entrypoint;
    int64_t vcpu_count, mem_mib, ttl_seconds;
    bool network, allow_host_compat;
    struct command_request request;
};

static const struct arg_spec run_arg_rows[] = {
    ARG_ENVIRONMENT(run_args, environment),
    ARG_VCPU_COUNT(run_args, DEFAULT_VCPU_COUNT),
    ARG_MEM_MIB(run_args, DEFAULT_MEM_MIB),
    ARG_TTL_SECONDS(run_args, 600),
    ARG_NETWORK(run_args),
    ARG_ALLOW_HOST_COMPAT(run_args),
    ARG_STR(run_args, entrypoint, .metavar = "PROGRAM",
            .help = "Of an image: this program in place of its own entry point and command; "
                    "empty: none"),
    ARGS_OF(RUN, run_args),
};

static json_t *run_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct run_args *a = args;
    struct workspace_exec_spec exec = guest_command_spec(io, &a->request);
    struct workspace_spec spec = { .environment = a->environment,
                                   .vcpu_count = a->vcpu_count,
                                   .mem_mib = a->mem_mib,
                                   .ttl_seconds = a->ttl_seconds,
                                   .network_policy = a->network ? NETWORK_EGRESS : NETWORK_OFF,
                                   .allow_host_compat = a->allow_host_compat,
                                   .entrypoint = a->entrypoint };

    if (!a->request.command && !a->entrypoint && catalog_find(a->environment, NULL)) {
        pyro_fail(err, PYRO_USAGE, "the command to run is missing");
        return pyro_hint(err, "give it after '--', for example: %s", cmd_run.example);
    }
    return guest_command_run(io, &spec, &exec, err);
}

const struct cmd_spec cmd_run = {
    .path = "run",
    .summary = "Run one command in a fresh machine that is gone afterwards",
    .details =
        "Its output comes as it is written, standard input is passed to it, Ctrl-C interrupts "
        "it, and its exit status becomes this command's. In a loop such as 'while read -r file; do "
        "... done <list' it would read the rest of the list: add </dev/null there. An "
        "image is run as it states: with its user, directory, variables and entry point. CMD takes "
        "the place of its own command.",
    .example = "pyro run debian:12 -- git --version",
    .traits = CMD_STREAMING | CMD_GUEST_STATUS,
    .tool = TOOL("vm_run", "Run once", "Run one command in a fresh VM, deleted afterwards.",
                 TOOL_CORE | TOOL_VM_RUN | TOOL_OPEN_WORLD,
                 "exit_code timed_out stdout stderr stdout_bytes stdout_truncated "
                 "stderr_bytes stderr_truncated"),
    .args = run_arg_rows,
    .args_size = sizeof(struct run_args),
    .result = run_rows,
    .told = "run environment execution_mode exit_code duration_ms timed_out?",
    .tells = CMD_TELLS_ON_ERROR,
    .run = run_run,
};
