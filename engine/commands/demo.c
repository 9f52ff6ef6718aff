/* engine/commands/demo.c: the shortest proof that everything works: git in a microVM. */
#include "engine/cmd/io.h"
#include "engine/cmd/status.h"
#include "engine/commands/guest_command.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"

#define DEMO_ENVIRONMENT "debian:12"

struct demo_args {
    bool network;
};

static const struct arg_spec demo_arg_rows[] = {
    ARG_NETWORK(demo_args),
    ARG_END,
};

static json_t *demo_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct demo_args *a = args;
    scoped_json json_t *command = json_pack("[s, s]", "git", "--version");
    struct command_request request = { .command = command, .timeout_ms = 30000 };
    struct workspace_exec_spec exec = guest_command_spec(io, &request);
    struct workspace_spec spec = { .environment = DEMO_ENVIRONMENT,
                                   .vcpu_count = 1,
                                   .mem_mib = DEFAULT_MEM_MIB,
                                   .ttl_seconds = 600,
                                   .network_policy = a->network ? NETWORK_EGRESS : NETWORK_OFF };
    json_t *result;

    exec.stdin_fd = -1;
    result = guest_command_run(io, &spec, &exec, err);
    io->exit_status = io->exit_status ? STATUS_FAILED : 0;
    return result;
}

const struct cmd_spec cmd_demo = {
    .path = "demo",
    .summary = "Run git --version in a fresh debian:12 machine",
    .example = "pyro demo",
    .traits = CMD_STREAMING,
    .args = demo_arg_rows,
    .args_size = sizeof(struct demo_args),
    .result = run_rows,
    .run = demo_run,
};
