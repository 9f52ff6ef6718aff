/* engine/commands/env_push.c: an environment as an image in a registry. */
#include "engine/cmd/io.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"
#include "engine/environment/push.h"

struct env_push_args {
    const char *environment, *reference, *ca_file;
};

static const struct arg_spec env_push_rows[] = {
    ARG_ENVIRONMENT(env_push_args, environment),
    ARG_WORD(env_push_args, reference, .metavar = "REFERENCE",
             .help = "What the image is to be called: [HOST[:PORT]/]NAME[:TAG][@DIGEST]"),
    ARG_STR(env_push_args, ca_file, .metavar = "FILE", .complete = COMPLETE_FILE,
            .help = "Certificates to trust the registry by as well, in PEM"),
    ARG_END,
};

static const struct row_spec env_push_result[] = {
    RES_STR("name"),
    RES_STR("reference", .help = "In full"),
    RES_STR("digest", .help = "The image's: that of its manifest"),
    RES_INT("layer_count"),
    RES_INT("base_layer_count", .help = "Those of the image that it is based on"),
    RES_INT("entry_count", .help = "Of the layer above those"),
    RES_INT("sent_bytes", .help = "What the registry did not have"),
    ROW_END,
};

static json_t *env_push_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct env_push_args *a = args;

    return environment_push(a->environment, a->reference, a->ca_file, &io->progress, err);
}

const struct cmd_spec cmd_env_push = {
    .path = "env push",
    .summary = "Give an installed environment to a registry, as an image",
    .details =
        "Where its disk is based on an image from a registry, as that of a workspace which was "
        "committed can be, it has the layers of that image, of which only those are sent that the "
        "registry does not have, and one more of what changed; else one of all. Logins are those "
        "of 'pyro login', docker and podman. An upload that is cut is begun again.",
    .example = "pyro env push tools registry.example.com/me/tools:1",
    .args = env_push_rows,
    .args_size = sizeof(struct env_push_args),
    .result = env_push_result,
    .told = "env-push name reference digest layer_count base_layer_count entry_count sent_bytes",
    .tells = CMD_TELLS_ON_OUTPUT,
    .run = env_push_run,
};
