/* engine/commands/workspace_list.c: lists workspaces. */
#include <stdlib.h>
#include <string.h>

#include "engine/cmd/io.h"
#include "engine/cmd/page.h"
#include "engine/cmd/text.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/workspace/spares.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/fs.h"

struct workspace_list_args {
    struct page_args page;
    bool all;
};

static const struct arg_spec workspace_list_rows[] = {
    ARG_PAGE_ROWS(workspace_list_args),
    ARG_FLAG(workspace_list_args, all,
             .help = "Also the spares: machines that wait for the next create or run"),
    ARG_END,
};

static const struct row_spec workspace_list_result[] = {
    RES_INT("count"),
    RES_OBJECTS("workspaces", workspace_rows, .help = "Most recent activity first"),
    RES_PAGE_ROWS,
    RES_OBJECTS("spares", spare_list_rows, .help = "With --all; else empty"),
    ROW_END,
};

/* A cursor is an id and, before it, the time that orders the list. */
static char *workspace_list_cursor_of(const json_t *w)
{
    return str_printf("%.17g:%s", json_number_or(w, "last_activity_at", 0),
                      json_string_or(w, "workspace_id", ""));
}

static bool workspace_list_is_after(const json_t *w, const char *cursor)
{
    char *id;
    double at = json_number_or(w, "last_activity_at", 0), last = strtod(cursor, &id);

    return at < last || (at <= last && strcmp(json_string_or(w, "workspace_id", ""), id + 1) > 0);
}

static bool workspace_list_check_cursor(const char *cursor, struct pyro_error *err)
{
    char *id;

    strtod(cursor, &id);
    return (id != cursor && *id == ':') ||
           pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.100s' is not the next_cursor of a list",
                     cursor);
}

static const struct page_order order = { workspace_list_cursor_of, workspace_list_is_after,
                                         workspace_list_check_cursor };

static json_t *workspace_list_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_list_args *a = args;

    json_t *list, *spares = a->all ? spares_list(err) : json_array();

    if (!spares)
        return NULL;
    io->brief = !io->json;
    list = page_cut(workspace_list(io->brief, err), "workspaces", &a->page, &order, io, err);
    if (list)
        json_object_set(list, "spares", spares);
    json_decref(spares);
    return list;
}

static void workspace_list_show_name(const json_t *w, FILE *out)
{
    text_print(out, json_string_or(w, "name", "-"));
    if (json_is_string(json_object_get(w, "paused_reason")))
        fprintf(out, " (paused: %s)", json_string_or(w, "paused_reason", ""));
}

static void workspace_list_print(const json_t *result, FILE *out)
{
    static const struct show_column columns[] = {
        { "WORKSPACE ID", 16, .member = "workspace_id" },
        { "STATE", 9, .member = "state" },
        { "ATTENTION", 9, .show = show_attention },
        { "ENVIRONMENT", 16, .member = "environment" },
        { "CMDS", 5, .member = "command_count" },
        { "NAME", .show = workspace_list_show_name },
        { .title = NULL },
    };

    show_table(json_object_get(result, "workspaces"), columns, "No workspaces.", out);
    page_show(result, out);
    show_spares(json_object_get(result, "spares"), out);
}

const struct cmd_spec cmd_workspace_list = {
    .path = "workspace list",
    .summary = "List the workspaces, most recent activity first",
    .example = "pyro workspace list",
    .traits = CMD_READ_ONLY,
    .tool = TOOL("workspace_list", "List workspaces", "List workspaces, latest activity first.",
                 TOOL_CORE,
                 "count truncated next_cursor workspaces.workspace_id workspaces.name "
                 "workspaces.environment "
                 "workspaces.state workspaces.shell_count workspaces.running_service_count"),
    .args = workspace_list_rows,
    .args_size = sizeof(struct workspace_list_args),
    .result = workspace_list_result,
    .run = workspace_list_run,
    .print = workspace_list_print,
};
