/* engine/commands/env_list.c: the catalog. */
#include "engine/cmd/io.h"
#include "engine/cmd/text.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/environment/environment.h"

static const struct row_spec env_list_result[] = {
    RES_STR("catalog_version"),
    RES_OBJECTS("environments", environment_rows),
    ROW_END,
};

static json_t *env_list_run(const void *args UNUSED, struct cmd_io *io UNUSED,
                            struct pyro_error *err)
{
    return environment_list(err);
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
