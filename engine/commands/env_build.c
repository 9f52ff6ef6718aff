/* engine/commands/env_build.c: create, run, commit and delete, in one. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "engine/cmd/check.h"
#include "engine/cmd/io.h"
#include "engine/commands/env_first_boot.h"
#include "engine/commands/guest_command.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"
#include "vmm/base/fs.h"

struct env_build_args {
    const char *name, *from, *script;
    int64_t vcpu_count, mem_mib;
    bool network;
    struct command_request request;
};

static const struct arg_spec env_build_rows[] = {
    ARG_WORD(env_build_args, name, .metavar = "NAME", .check = check_name,
             .help = "What the environment is called"),
    ARG_STR(env_build_args, from, .metavar = "ENVIRONMENT", .required = true,
            .complete = COMPLETE_ENVIRONMENT, .help = "The environment that the command runs in"),
    ARG_STR(env_build_args, script, .metavar = "FILE", .complete = COMPLETE_FILE,
            .help = "Run this script of the host, by what its first line names or else sh; -: "
                    "standard input"),
    ARG_VCPU_COUNT(env_build_args, DEFAULT_VCPU_COUNT),
    ARG_MEM_MIB(env_build_args, DEFAULT_MEM_MIB),
    ARG_NETWORK(env_build_args),
    ARGS_OF(BUILD, env_build_args),
};

static const struct row_spec env_build_result[] = {
    RES_STR("environment"),
    RES_STR("base"),
    RES_BOOL("built", .help = "false: the command failed, and there is no environment"),
    RES_STR("log", .nullable = true,
            .help = "Of a command that failed, and printed something: the file that has it"),
    RES_STRINGS("command"),
    RES_OUTPUT_ROWS,
    RES_INT("exit_code", .help = "128+N when signal N ended it, 124 when it ran out of time"),
    RES_BOOL("timed_out"),
    RES_INT("timeout_seconds", .help = "The limit that timed_out speaks of; 0: there is none"),
    RES_INT("duration_ms", .help = "That the command took"),
    RES_STRINGS("left_out", .nullable = true,
                .help = "What the environment does not have of the machine's disk"),
    RES_INT("layers", .nullable = true, .help = "Of its disk, above the image"),
    ROW_END,
};

/* What exec says of its workspace, of which nothing is left. */
static void forget_machine(json_t *result)
{
    static const char *const members[] = { "workspace_id", "sequence",    "cwd",
                                           "state",        "next_cursor", "left_behind" };

    for (size_t i = 0; i < ARRAY_SIZE(members); i++)
        json_object_del(result, members[i]);
}

static void warn_failed(struct cmd_io *io, const json_t *result)
{
    const char *log = json_string_or(result, "log", NULL);

    if (!io->json)
        cmd_io_warn(io, "%s was not built: the command ended with status %" PRId64 "%s%s",
                    json_string_or(result, "environment", ""), json_int_or(result, "exit_code", 0),
                    log ? "; what it printed is in " : " and printed nothing", log ? log : "");
}

/* The script, or what the command reads; -1 on failure. */
static int open_input(const char *script, const struct cmd_io *io, struct pyro_error *err)
{
    int fd = !script || !strcmp(script, "-") ? fcntl(io->in_fd, F_DUPFD_CLOEXEC, 3)
                                             : open(script, O_RDONLY | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        pyro_fail_errno(err, "open '%s'", script ? script : "standard input");
    return fd;
}

static json_t *env_build_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct env_build_args *a = args;
    struct workspace_build_spec spec = {
        .name = a->name,
        .script = a->script,
        .machine = { .environment = a->from,
                     .vcpu_count = a->vcpu_count,
                     .mem_mib = a->mem_mib,
                     .network_policy = a->network ? NETWORK_EGRESS : NETWORK_OFF },
        .exec = guest_command_spec(io, &a->request),
    };
    scoped_close int input = -1;
    scoped_json json_t *result = NULL;

    if (!a->request.command && !a->script) {
        pyro_fail(err, PYRO_USAGE, "the command to run is missing");
        return pyro_hint(err, "give it after '--', or a script with --script");
    }
    spec.exec.stdin_fd = input = open_input(a->script, io, err);
    if (input < 0)
        return NULL;
    result = workspace_build(&spec, &io->progress, err);
    if (!result)
        return NULL;
    forget_machine(result);
    guest_command_ended(io, result, a->request.timeout_ms);
    if (!json_bool_or(result, "built", false))
        warn_failed(io, result);
    else if (!env_first_boot(a->name, io, err))
        return NULL;
    return json_incref(result);
}

static void env_build_print(const json_t *result, FILE *out)
{
    if (json_bool_or(result, "built", false))
        env_print_made("Built", result, out);
}

const struct cmd_spec cmd_env_build = {
    .path = "env build",
    .summary = "Make an environment of another, and of what a command does in it",
    .details =
        "A machine is created, the command runs in it, its disk becomes the environment, and "
        "the machine is deleted. It runs as root in /workspace; its output comes as it is "
        "written, and its exit status becomes this command's. Where it fails nothing is left "
        "but the file with its output, which is named. What belongs to one machine is left "
        "out, as by 'pyro workspace commit'. Dockerfiles are not built.",
    .example = "pyro env build tools --from debian:12 -- sh -c 'echo hi >/etc/motd'",
    .traits = CMD_STREAMING | CMD_GUEST_STATUS,
    .args = env_build_rows,
    .args_size = sizeof(struct env_build_args),
    .result = env_build_result,
    .run = env_build_run,
    .print = env_build_print,
};
