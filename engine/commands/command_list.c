/* engine/commands/command_list.c: the commands of a workspace, those that run too. */
#include <inttypes.h>
#include <stdlib.h>

#include "engine/cmd/page.h"
#include "engine/commands/command_rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "vmm/base/fs.h"

struct command_list_args {
    const char *workspace;
    struct page_args page;
};

static const struct arg_spec command_list_rows[] = {
    ARG_WORKSPACE(command_list_args, workspace),
    ARG_PAGE_ROWS(command_list_args),
    ARG_END,
};

const struct row_spec command_state_rows[] = { COMMAND_STATE_ROWS, ROW_END };

static const struct row_spec command_list_result[] = {
    RES_STR("workspace_id"),
    RES_INT("count"),
    RES_OBJECTS("commands", command_state_rows, .help = "By sequence"),
    RES_INT("dropped_entries", .help = "Those that the history no longer has"),
    RES_PAGE_ROWS,
    ROW_END,
};

static char *command_list_cursor_of(const json_t *command)
{
    return str_printf("%" PRId64, json_int_or(command, "sequence", 0));
}

static bool command_list_is_after(const json_t *command, const char *cursor)
{
    return json_int_or(command, "sequence", 0) > strtoll(cursor, NULL, 10);
}

static bool command_list_check_cursor(const char *cursor, struct pyro_error *err)
{
    char *end;

    strtoll(cursor, &end, 10);
    return (end != cursor && !*end) ||
           pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.100s' is not the next_cursor of a list",
                     cursor);
}

static const struct page_order order = { command_list_cursor_of, command_list_is_after,
                                         command_list_check_cursor };

static json_t *command_list_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct command_list_args *a = args;

    return page_cut(command_list(a->workspace, SIZE_MAX, err), "commands", &a->page, &order, io,
                    err);
}

static void command_list_show_seconds(const json_t *command, FILE *out)
{
    fprintf(out, "%.1f", (double)json_int_or(command, "duration_ms", 0) / 1000);
}

static void command_list_print(const json_t *result, FILE *out)
{
    static const struct show_column columns[] = {
        { "SEQUENCE", 8, .member = "sequence" },
        { "STATE", 8, .member = "state" },
        { "EXIT", 5, .member = "exit_code" },
        { "SECONDS", 10, .show = command_list_show_seconds, .to_the_right = true },
        { "COMMAND", .show = show_command },
        { .title = NULL },
    };

    show_table(json_object_get(result, "commands"), columns, "No commands.", out);
    page_show(result, out);
}

const struct cmd_spec cmd_command_list = {
    .path = "workspace command list",
    .summary = "List the commands of a workspace, those that run too",
    .example = "pyro workspace command list demo",
    .traits = CMD_READ_ONLY,
    .args = command_list_rows,
    .args_size = sizeof(struct command_list_args),
    .result = command_list_result,
    .run = command_list_run,
    .print = command_list_print,
};
