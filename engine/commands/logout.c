/* engine/commands/logout.c: a login for a registry, forgotten. */
#include "engine/cmd/io.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/registry/credentials.h"
#include "engine/registry/reference.h"

struct logout_args {
    const char *registry;
};

static const struct arg_spec logout_rows[] = {
    ARG_WORD(logout_args, registry, .metavar = "REGISTRY",
             .help = "Its host, as 'pyro login' has it"),
    ARG_END,
};

static const struct row_spec logout_result[] = {
    RES_STR("registry"),
    RES_BOOL("removed", .help = "False: there was no login for it"),
    ROW_END,
};

static json_t *logout_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct logout_args *a = args;
    char host[REFERENCE_NAME_MAX + 1];
    bool removed;

    if (!reference_parse_host(a->registry, host, err) || !credentials_forget(host, &removed, err))
        return NULL;
    return json_pack("{s:s, s:b}", "registry", host, "removed", removed);
}

static void logout_print(const json_t *result, FILE *out)
{
    show_line(out, json_bool_or(result, "removed", false) ? "Signed out of" : "Not signed in to",
              json_string_or(result, "registry", NULL));
}

const struct cmd_spec cmd_logout = {
    .path = "logout",
    .summary = "Forget the logins for a registry",
    .details = "They are removed from every file and program of docker's and podman's in which "
               "pulls look for them.",
    .example = "pyro logout registry.example.com",
    .traits = CMD_DESTRUCTIVE,
    .args = logout_rows,
    .args_size = sizeof(struct logout_args),
    .result = logout_result,
    .run = logout_run,
    .print = logout_print,
};
