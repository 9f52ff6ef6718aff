/* engine/commands/env_pull.c: installs an environment, or checks and repairs it. */
#include "engine/cmd/io.h"
#include "engine/commands/env_first_boot.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/environment/environment.h"
#include "engine/environment/pull.h"
#include "engine/workspace/workspace.h"

struct env_pull_args {
    const char *environment, *source, *ca_file;
    bool locked;
};

static const struct arg_spec env_pull_rows[] = {
    ARG_ENVIRONMENT(env_pull_args, environment),
    ARG_CHOICE(env_pull_args, source, .choices = environment_sources,
               .help = "Where it is to come from; else the first that can serve it"),
    ARG_FLAG(env_pull_args, locked,
             .help = "Fail if the tag means another image than the one that is installed"),
    ARG_STR(env_pull_args, ca_file, .metavar = "FILE", .complete = COMPLETE_FILE,
            .help = "Certificates to trust a registry by as well, in PEM"),
    ARG_END,
};

static void env_pull_no_phase(void *arg UNUSED, const char *phase UNUSED, const char *vm_id UNUSED)
{
}

/*
 * Starts a machine once, so that the template exists and the first real start is a restore. If that
 * fails the environment is installed all the same, and the user is told why.
 */
static bool prepare_template(const char *environment, struct cmd_io *io)
{
    scoped_json json_t *command = json_pack("[s]", "true");
    struct workspace_spec spec = {
        .environment = environment,
        .vcpu_count = 1,
        .mem_mib = DEFAULT_MEM_MIB,
        .ttl_seconds = 600,
        .own_template = true,
    };
    struct workspace_exec_spec exec = { .request = { .command = command, .timeout_ms = 60000 },
                                        .stdin_fd = -1,
                                        .stdout_fd = -1,
                                        .stderr_fd = -1 };
    struct pyro_error why = { 0 };
    scoped_json json_t *result = NULL;

    progress_update(&io->progress, "preparing its first machine", NULL);
    result = workspace_run(&spec, &exec, &io->progress, env_pull_no_phase, NULL, &why);
    if (!result)
        cmd_io_summary(io, "pull",
                       (const struct summary_item[]){
                           { "template", "failed" }, { "reason", why.message }, { NULL, NULL } });
    return true;
}

/* An image of somebody else's is worth what a machine makes of it. */
static bool try_image(const struct pulled *pulled, struct cmd_io *io, struct pyro_error *err)
{
    progress_update(&io->progress, "preparing its first machine", NULL);
    if (workspace_try(pulled->name, &io->progress, err))
        return true;
    if (!environment_pull_undo(pulled, &io->progress, NULL))
        return pyro_wrap(err, "the first machine of %s did not start, and it could not be removed",
                         pulled->name);
    return pyro_wrap(err, "%s was not installed: its first machine did not start", pulled->name);
}

static json_t *env_pull_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct env_pull_args *a = args;
    const struct pull_wish wish = { .source = a->source,
                                    .ca_file = a->ca_file,
                                    .locked = a->locked };
    scoped_pulled pulled = { 0 };

    if (!environment_pull(a->environment, &wish, &io->progress, &pulled, err))
        return NULL;
    if (pulled.is_new ? !try_image(&pulled, io, err) : !prepare_template(pulled.name, io))
        return NULL;
    return environment_settle(pulled.name, err) ? env_show(pulled.name, err) : NULL;
}

static void env_pull_print(const json_t *result, FILE *out)
{
    show_line(out, "Pulled", json_string_or(result, "name", NULL));
    show_environment(result, out);
}

const struct cmd_spec cmd_env_pull = {
    .path = "env pull",
    .summary = "Install an environment, or check and repair an installed one",
    .details =
        "One of the catalog is built from Debian packages with the host's own package sources, "
        "without root rights. Where those are of another release of Debian, the same archives are "
        "asked for the environment's. Where it cannot be built, an image like it is pulled from "
        "docker.io. Any other name is that of an image in a registry, as docker "
        "has it: [HOST[:PORT]/]NAME[:TAG][@DIGEST]. What is installed of one is replaced when its "
        "tag has moved; workspaces keep what they were made from.",
    .example = "pyro env pull debian:12",
    .args = env_pull_rows,
    .args_size = sizeof(struct env_pull_args),
    .result = environment_rows,
    .run = env_pull_run,
    .print = env_pull_print,
};
