/* engine/commands/env_list.c: the catalog. */
#include "engine/cmd/io.h"
#include "engine/cmd/text.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/environment/environment.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/fs.h"

static const struct row_spec env_list_result[] = {
    RES_STR("catalog_version"),
    RES_OBJECTS("environments", environment_rows),
    ROW_END,
};

static json_t *env_list_run(const void *args UNUSED, struct cmd_io *io UNUSED,
                            struct pyro_error *err)
{
    scoped_json json_t *list = environment_list(err);

    if (!list || !workspace_add_users(json_object_get(list, "environments"), err))
        return NULL;
    return take_ptr(&list);
}

/* " (sha256:0123456789ab, 234 MiB, 3 days, used by 2)" */
static void print_figures(const json_t *e, FILE *out)
{
    const char *digest = json_string_or(e, "digest", NULL);
    double age = clock_wall() - json_number_or(e, "installed_at", clock_wall());
    size_t users = json_array_size(json_object_get(e, "used_by"));

    fputs(" (", out);
    if (digest)
        fprintf(out, "%.19s, ", digest);
    fprintf(out, "%lld MiB, ", (long long)json_int_or(e, "size_bytes", 0) >> 20);
    if (age >= 2 * 86400)
        fprintf(out, "%.0f days", age / 86400);
    else
        fprintf(out, "%.0f %s", age < 7200 ? age / 60 : age / 3600, age < 7200 ? "min" : "h");
    if (users)
        fprintf(out, ", used by %zu", users);
    fputc(')', out);
}

static void env_list_print(const json_t *result, FILE *out)
{
    const json_t *list = json_object_get(result, "environments");

    show_line(out, "Catalog version", json_string_or(result, "catalog_version", NULL));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *e = json_array_get(list, i);

        text_print(out, json_string_or(e, "name", ""));
        fputs(json_bool_or(e, "installed", false) ? " [installed] " : " [not installed] ", out);
        text_print(out, json_string_or(e, "description", ""));
        if (json_bool_or(e, "installed", false))
            print_figures(e, out);
        fputc('\n', out);
    }
}

const struct cmd_spec cmd_env_list = {
    .path = "env list",
    .summary = "List all environments, and which of them are installed",
    .example = "pyro env list",
    .traits = CMD_READ_ONLY,
    .result = env_list_result,
    .run = env_list_run,
    .print = env_list_print,
};
