/* engine/commands/snapshot_create.c: the whole disk, or the whole machine, under a name. */
#include "engine/cmd/check.h"
#include "engine/cmd/io.h"
#include "engine/commands/show.h"
#include "engine/commands/snapshot_rows.h"
#include "engine/commands/table.h"
#include "engine/disk/snapshot.h"

const char *const snapshot_kinds[] = { "baseline", "named", "memory", NULL };

struct snapshot_create_args {
    const char *workspace, *name;
    bool memory, forget_secrets;
};

static const struct arg_spec snapshot_create_rows[] = {
    ARG_WORKSPACE(snapshot_create_args, workspace),
    ARG_SNAPSHOT(snapshot_create_args, name, .check = check_name, .help = "What to call it"),
    ARG_FLAG(snapshot_create_args, memory, .agent = "",
             .help = "With the machine's memory: a reset brings back what runs, too"),
    ARG_FLAG(snapshot_create_args, forget_secrets, .agent = "",
             .help = "Refuse --memory while the workspace has secrets, whose values memory holds"),
    ARG_END,
};

static const struct row_spec snapshot_create_result[] = {
    RES_STR("workspace_id"),
    RES_SNAPSHOT_ROWS,
    RES_NUM("pause_ms", .nullable = true,
            .help = "How long the machine stood still for its memory"),
    ROW_END,
};

static json_t *snapshot_create_run(const void *args, struct cmd_io *io UNUSED,
                                   struct pyro_error *err)
{
    const struct snapshot_create_args *a = args;

    return snapshot_create(a->workspace, a->name,
                           (struct snapshot_extent){ a->memory, a->forget_secrets }, err);
}

static void snapshot_create_print(const json_t *result, FILE *out)
{
    show_line(out, "Created snapshot", json_string_or(result, "snapshot_name", NULL));
    show_line(out, "Workspace ID", json_string_or(result, "workspace_id", NULL));
    show_number(out, "Bytes written", json_int_or(result, "bytes_written", 0));
    if (json_is_integer(json_object_get(result, "memory_bytes"))) {
        show_number(out, "Memory bytes", json_int_or(result, "memory_bytes", 0));
        fprintf(out, "Paused: %.1f ms\n", json_number_or(result, "pause_ms", 0));
    }
}

const struct cmd_spec cmd_snapshot_create = {
    .path = "workspace snapshot create",
    .summary = "Keep the whole disk as it is now under a name",
    .details = "The machine goes on: its file system is held still for some milliseconds. With "
               "--memory what runs is part of the snapshot: processes, shells and services, as "
               "they are at one instant with the disk. The memory is usable with the same QEMU, "
               "processor and pyro; the disk always is. It holds the values of secrets, unless "
               "--forget-secrets refuses that.",
    .example = "pyro workspace snapshot create demo before-upgrade",
    .tool = TOOL("snapshot_create", "Take a snapshot",
                 "Keep the whole disk as it is under a name, to reset to.", 0,
                 "workspace_id snapshot_name bytes_written"),
    .args = snapshot_create_rows,
    .args_size = sizeof(struct snapshot_create_args),
    .result = snapshot_create_result,
    .run = snapshot_create_run,
    .print = snapshot_create_print,
};
