/* engine/commands/snapshot_list.c: lists the snapshots of a workspace. */
#include <inttypes.h>
#include <time.h>

#include "engine/cmd/text.h"
#include "engine/commands/rows.h"
#include "engine/commands/snapshot_rows.h"
#include "engine/commands/table.h"
#include "engine/disk/snapshot.h"

struct snapshot_list_args {
    const char *workspace;
};

static const struct arg_spec snapshot_list_rows[] = {
    ARG_WORKSPACE(snapshot_list_args, workspace),
    ARG_END,
};

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
    const struct snapshot_list_args *a = args;

    return snapshot_list(a->workspace, err);
}

static void snapshot_list_print(const json_t *result, FILE *out)
{
    const json_t *list = json_object_get(result, "snapshots");

    fprintf(out, "%-19s %13s  %s\n", "CREATED", "BYTES WRITTEN", "NAME");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *s = json_array_get(list, i);
        time_t at = (time_t)json_number_or(s, "created_at", 0);
        struct tm parts;
        char text[32] = "";

        if (localtime_r(&at, &parts))
            strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
        fprintf(out, "%-19s %13" PRId64 "  ", text, json_int_or(s, "bytes_written", 0));
        text_print(out, json_string_or(s, "snapshot_name", ""));
        fputc('\n', out);
    }
}

const struct cmd_spec cmd_snapshot_list = {
    .path = "workspace snapshot list",
    .summary = "List a workspace's snapshots, its baseline first",
    .example = "pyro workspace snapshot list demo",
    .traits = CMD_READ_ONLY,
    .tool = TOOL("snapshot_list", "List snapshots", "List the snapshots of a workspace.", 0,
                 "count snapshots.snapshot_name snapshots.kind snapshots.created_at"),
    .args = snapshot_list_rows,
    .args_size = sizeof(struct snapshot_list_args),
    .result = snapshot_list_result,
    .run = snapshot_list_run,
    .print = snapshot_list_print,
};
