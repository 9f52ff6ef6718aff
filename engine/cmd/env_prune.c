/* engine/cmd/env_prune.c: frees what no workspace needs. */
#include <inttypes.h>
#include <stdlib.h>

#include "engine/cmd/io.h"
#include "engine/cmd/rows.h"
#include "engine/cmd/show.h"
#include "engine/cmd/table.h"
#include "engine/cmd/text.h"
#include "engine/environment/environment.h"
#include "engine/workspace/workspace.h"

static const struct result_spec removed_rows[] = {
    RES_STR("name"),
    RES_STR("path"),
    RES_INT("size_bytes"),
    RES_END,
};

static const struct result_spec env_prune_result[] = {
    RES_OBJECTS("removed", removed_rows),
    RES_INT("freed_bytes"),
    RES_END,
};

static bool env_prune_run(const void *args UNUSED, struct cmd_io *io UNUSED, json_t **ret_result,
                          struct pyro_error *err)
{
    scoped_json json_t *used = workspace_used_environments(err);
    size_t count = json_array_size(used);
    scoped_free const char **paths = calloc(count + 1, sizeof(*paths));

    if (!used)
        return false;
    if (!paths)
        return pyro_fail(err, PYRO_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++)
        paths[i] = json_string_value(json_array_get(used, i));
    *ret_result = environment_prune(paths, count, err);
    return *ret_result != NULL;
}

static void env_prune_print(const json_t *result, FILE *out)
{
    const json_t *list = json_object_get(result, "removed");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *e = json_array_get(list, i);

        fputs("Removed: ", out);
        text_print(out, json_string_or(e, "name", ""));
        fprintf(out, " (%" PRId64 " bytes)\n", json_int_or(e, "size_bytes", 0));
    }
    if (!json_array_size(list))
        fputs("Nothing to remove.\n", out);
    show_number(out, "Freed bytes", json_int_or(result, "freed_bytes", 0));
}

const struct cmd_spec cmd_env_prune = {
    .path = "env prune",
    .summary = "Remove environments, kernels and templates that no workspace needs",
    .details =
        "Workspaces keep what their disks stand on. What is removed is pulled or built again "
        "when it is wanted.",
    .example = "pyro env prune",
    .traits = CMD_DESTRUCTIVE,
    .result = env_prune_result,
    .run = env_prune_run,
    .print = env_prune_print,
};
