/* engine/commands/workspace_list.c: what workspaces there are. */
#include <string.h>

#include "engine/cmd/io.h"
#include "engine/cmd/text.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"
#include "engine/workspace/workspace.h"

static const struct row_spec workspace_list_result[] = {
    RES_INT("count"),
    RES_OBJECTS("workspaces", workspace_rows, .help = "Most recent activity first"),
    ROW_END,
};

static bool workspace_list_run(const void *args UNUSED, struct cmd_io *io UNUSED,
                               json_t **ret_result, struct pyro_error *err)
{
    *ret_result = workspace_list(err);
    return *ret_result != NULL;
}

/* One column: at least `width` wide, and a space. */
static void column(FILE *out, const char *text, int width)
{
    int n = (int)strlen(text);

    text_print(out, text);
    fprintf(out, "%*s ", n < width ? width - n : 0, "");
}

static void workspace_list_print(const json_t *result, FILE *out)
{
    const json_t *list = json_object_get(result, "workspaces");

    if (!json_array_size(list)) {
        fputs("No workspaces.\n", out);
        return;
    }
    fprintf(out, "%-16s %-8s %-16s %-5s %s\n", "WORKSPACE ID", "STATE", "ENVIRONMENT", "CMDS",
            "NAME");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *w = json_array_get(list, i);

        column(out, json_string_or(w, "workspace_id", ""), 16);
        column(out, json_string_or(w, "state", ""), 8);
        column(out, json_string_or(w, "environment", "-"), 16);
        fprintf(out, "%-5lld ", (long long)json_int_or(w, "command_count", 0));
        text_print(out, json_string_or(w, "name", "-"));
        if (json_is_string(json_object_get(w, "paused_reason")))
            fprintf(out, " (paused: %s)", json_string_or(w, "paused_reason", ""));
        fputc('\n', out);
    }
}

const struct cmd_spec cmd_workspace_list = {
    .path = "workspace list",
    .summary = "List the workspaces, most recent activity first",
    .example = "pyro workspace list",
    .traits = CMD_READ_ONLY,
    .result = workspace_list_result,
    .run = workspace_list_run,
    .print = workspace_list_print,
};
