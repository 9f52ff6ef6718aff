/* engine/commands/snapshot_delete.c: a snapshot is forgotten; the others stay as they are. */
#include "engine/commands/show.h"
#include "engine/commands/snapshot_rows.h"
#include "engine/commands/table.h"
#include "engine/disk/snapshot.h"

struct snapshot_delete_args {
    const char *workspace, *name;
};

static const struct arg_spec snapshot_delete_rows[] = {
    ARG_WORKSPACE(snapshot_delete_args, workspace),
    ARG_SNAPSHOT(snapshot_delete_args, name, .complete = COMPLETE_SNAPSHOT_NAMED,
                 .help = "The snapshot"),
    ARG_END,
};

static const struct row_spec snapshot_delete_result[] = {
    RES_STR("workspace_id"),
    RES_STR("snapshot_name"),
    RES_BOOL("deleted"),
    ROW_END,
};

static json_t *snapshot_delete_run(const void *args, struct cmd_io *io UNUSED,
                                   struct pyro_error *err)
{
    const struct snapshot_delete_args *a = args;

    return snapshot_delete(a->workspace, a->name, err);
}

static void snapshot_delete_print(const json_t *result, FILE *out)
{
    show_line(out, "Deleted snapshot", json_string_or(result, "snapshot_name", NULL));
}

const struct cmd_spec cmd_snapshot_delete = {
    .path = "workspace snapshot delete",
    .summary = "Delete a snapshot; the disk and the other snapshots stay as they are",
    .example = "pyro workspace snapshot delete demo before-upgrade",
    .traits = CMD_DESTRUCTIVE,
    .tool = TOOL("snapshot_delete", "Delete a snapshot",
                 "Delete a snapshot; the disk stays as it is.", 0, "snapshot_name deleted"),
    .args = snapshot_delete_rows,
    .args_size = sizeof(struct snapshot_delete_args),
    .result = snapshot_delete_result,
    .run = snapshot_delete_run,
    .print = snapshot_delete_print,
};
