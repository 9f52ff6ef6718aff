/* engine/commands/snapshot_list.c: lists the snapshots of a workspace. */
#include <time.h>

#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/snapshot_rows.h"
#include "engine/commands/table.h"
#include "engine/disk/snapshot.h"

static const struct row_spec snapshot_rows[] = {
    RES_SNAPSHOT_ROWS,
    ROW_END,
};

static const struct row_spec snapshot_list_result[] = {
    RES_STR("workspace_id"),
    RES_INT("count"),
    RES_OBJECTS("snapshots", snapshot_rows, .help = "The baseline, then the others by age"),
    ROW_END,
};

static json_t *snapshot_list_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct workspace_args *a = args;

    return snapshot_list(a->workspace, err);
}

static void snapshot_list_show_time(const json_t *snapshot, FILE *out)
{
    time_t at = (time_t)json_number_or(snapshot, "created_at", 0);
    struct tm parts;
    char text[32] = "";

    if (localtime_r(&at, &parts))
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
    fputs(text, out);
}

static void snapshot_list_print(const json_t *result, FILE *out)
{
    static const struct show_column columns[] = {
        { "CREATED", 19, .show = snapshot_list_show_time },
        { "BYTES WRITTEN", 13, .member = "bytes_written", .to_the_right = true },
        { "MEMORY", 10, .member = "memory_bytes", .to_the_right = true },
        { "NAME", .member = "snapshot_name" },
        { .title = NULL },
    };

    show_table(json_object_get(result, "snapshots"), columns, NULL, out);
}

const struct cmd_spec cmd_snapshot_list = {
    .path = "workspace snapshot list",
    .summary = "List a workspace's snapshots, its baseline first",
    .example = "pyro workspace snapshot list demo",
    .traits = CMD_READ_ONLY,
    .tool = TOOL("snapshot_list", "List snapshots", "List the snapshots of a workspace.", 0,
                 "count snapshots.snapshot_name snapshots.kind snapshots.created_at"),
    .args = workspace_arg_rows,
    .args_size = sizeof(struct workspace_args),
    .result = snapshot_list_result,
    .run = snapshot_list_run,
    .print = snapshot_list_print,
};
