/* engine/commands/env_export.c: an environment as an image that others read. */
#include "engine/cmd/io.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"
#include "engine/environment/export.h"

struct env_export_args {
    const char *environment, *output;
};

static const struct arg_spec env_export_rows[] = {
    ARG_ENVIRONMENT(env_export_args, environment),
    ARG_STR(env_export_args, output, .required = true, .metavar = "FILE", .complete = COMPLETE_FILE,
            .help = "The archive to make; it must not exist"),
    ARG_END,
};

static const struct row_spec env_export_result[] = {
    RES_STR("name"),
    RES_STR("output_path"),
    RES_STR("digest", .help = "The image's: that of its manifest"),
    RES_INT("entry_count"),
    RES_INT("bytes_written"),
    ROW_END,
};

static json_t *env_export_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct env_export_args *a = args;

    return environment_export(a->environment, a->output, &io->progress, err);
}

const struct cmd_spec cmd_env_export = {
    .path = "env export",
    .summary = "Write an installed environment as an image in an archive",
    .details = "A tar with an OCI image layout, of one layer, with the configuration that the "
               "environment's image has. 'env import' takes it, and so do skopeo "
               "(oci-archive:FILE), podman and docker load.",
    .example = "pyro env export tools --output tools.tar",
    .args = env_export_rows,
    .args_size = sizeof(struct env_export_args),
    .result = env_export_result,
    .told = "env-export name output_path digest entry_count bytes_written",
    .tells = CMD_TELLS_ON_OUTPUT,
    .run = env_export_run,
};
