/* engine/commands/workspace_create.c: a new workspace, ready to work in. */
#include "engine/cmd/check.h"
#include "engine/cmd/io.h"
#include "engine/commands/guest_command.h"
#include "engine/commands/hold.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/state/network_policy.h"
#include "engine/state/record_change.h"
#include "engine/workspace/workspace.h"

struct workspace_create_args {
    const char *environment, *name, *seed_path, *network_policy;
    int64_t vcpu_count, mem_mib, ttl_seconds, suspend_after_idle;
    struct arg_list label, secret, secret_file;
    json_t *env;
    bool allow_host_compat, id_only, hold, delete;
};

static const struct arg_spec workspace_create_rows[] = {
    ARG_ENVIRONMENT(workspace_create_args, environment),
    ARG_VCPU_COUNT(workspace_create_args, DEFAULT_VCPU_COUNT),
    ARG_MEM_MIB(workspace_create_args, DEFAULT_MEM_MIB),
    ARG_TTL_SECONDS(workspace_create_args, 0, .agent = "Stop it after; 0: never", ),
    /* Models have it in workspace_update: workspace-core has no room left. */
    ARG_SUSPEND_AFTER_IDLE(workspace_create_args, 0),
    ARG_CHOICE(workspace_create_args, network_policy, .agent = "", .metavar = "POLICY",
               .choices = network_policy_names, .def_str = "off",
               .help = "off: no network device; egress: connections out; the last also lets "
                       "services publish ports on this host's loopback"),
    ARG_STR(workspace_create_args, seed_path, .agent = "Host directory or .tar for /workspace",
            .metavar = "PATH", .complete = COMPLETE_FILE,
            .help = "What /workspace begins with: a directory, or a .tar, .tar.gz, .tgz, .tar.zst "
                    "or .tar.xz"),
    ARG_STR(workspace_create_args, name, .agent = "", .check = check_name,
            .help = "A name to call it by, besides its id"),
    ARG_LABEL(workspace_create_args),
    ARG_WORKSPACE_ENV(workspace_create_args, env,
                      "A variable of all that is started in it; "
                      "without a value, that of this process, if it has one"),
    ARG_SECRETS(workspace_create_args),
    ARG_ALLOW_HOST_COMPAT(workspace_create_args),
    ARG_FLAG(workspace_create_args, hold,
             .help = "Run it in the foreground, for as long as this process lives, as workspace "
                     "hold does"),
    ARG_FLAG(workspace_create_args, delete,
             .help = "With --hold: delete it when it has ended, unless it failed"),
    ARG_FLAG(workspace_create_args, id_only, .help = "Print the workspace's id and nothing else"),
    ARG_END,
};

static json_t *hold_created(const struct workspace_create_args *a, struct cmd_io *io,
                            json_t *workspace, struct pyro_error *err)
{
    scoped_json json_t *created = workspace;

    return hold_workspace(io, json_string_or(created, "workspace_id", ""), created,
                          (struct workspace_hold_spec){ .and_delete = a->delete }, err);
}

static json_t *workspace_create_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_create_args *a = args;
    scoped_json json_t *labels = labels_to_json(&a->label);
    scoped_secrets secrets = { .count = 0 };
    struct workspace_spec spec = { .environment = a->environment,
                                   .name = a->name,
                                   .labels = labels,
                                   .env = a->env,
                                   .vcpu_count = a->vcpu_count,
                                   .mem_mib = a->mem_mib,
                                   .ttl_seconds = a->ttl_seconds,
                                   .suspend_after_idle = a->suspend_after_idle,
                                   .seed_path = a->seed_path,
                                   .secrets = &secrets,
                                   .allow_host_compat = a->allow_host_compat,
                                   .held = a->hold };
    json_t *created;

    BUG_ON(!network_policy_parse(a->network_policy, &spec.network_policy));
    if (a->delete && !a->hold) {
        pyro_fail(err, PYRO_USAGE, "--delete goes with --hold");
        return NULL;
    }
    if (!workspace_check_suspend_after_idle(a->suspend_after_idle, err))
        return NULL;
    if (a->hold)
        workspace_hold_prepare();
    if (!take_secrets(&a->secret, &a->secret_file, &secrets, err) ||
        !cmd_io_redact_new(io, &secrets, err))
        return NULL;
    if (a->id_only)
        io->print = cmd_print_id;
    created = workspace_create(&spec, &io->progress, err);
    return created && a->hold ? hold_created(a, io, created, err) : created;
}

const struct cmd_spec cmd_workspace_create = {
    .path = "workspace create",
    .summary = "Create a workspace: a Linux machine of its own, started",
    .details = "An environment that is not installed yet is pulled first. The workspace lives on "
               "until it is deleted; nothing else ever deletes its data.",
    .example = "pyro workspace create debian:12 --name demo",
    .tool = TOOL("workspace_create", "Create a workspace",
                 "Create and start a disposable Linux VM; /workspace is its working directory. It "
                 "lives until workspace_delete; other tools take its id or name as workspace_id.",
                 TOOL_CORE | TOOL_OPEN_WORLD,
                 "workspace_id name environment state network_policy expires_at"),
    .args = workspace_create_rows,
    .args_size = sizeof(struct workspace_create_args),
    .result = workspace_rows,
    .run = workspace_create_run,
    .print = show_workspace,
};
