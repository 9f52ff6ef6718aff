/* engine/commands/disk_export.c: the disk of a stopped workspace as a file of its own. */
#include "engine/cmd/io.h"
#include "engine/commands/table.h"
#include "engine/disk/inspect.h"

struct disk_export_args {
    const char *workspace, *output;
};

static const struct arg_spec disk_export_rows[] = {
    ARG_WORKSPACE(disk_export_args, workspace),
    ARG_STR(disk_export_args, output, .agent = "Host path", .required = true,
            .metavar = "HOST_PATH", .complete = COMPLETE_FILE,
            .help = "The file to make; it must not exist"),
    ARG_END,
};

static const struct row_spec disk_export_result[] = {
    RES_STR("workspace_id"),
    RES_STR("output_path"),
    RES_STR("disk_format", .help = "ext4: a raw image"),
    RES_INT("bytes_written", .help = "The image's size; it takes less where it is sparse"),
    ROW_END,
};

static json_t *disk_export_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct disk_export_args *a = args;

    return workspace_disk_export(a->workspace, a->output, err);
}

const struct cmd_spec cmd_disk_export = {
    .path = "workspace disk export",
    .summary = "Write the whole disk of a stopped workspace as a raw ext4 image",
    .details =
        "Another machine can mount it. It is sparse, holds the disk as one file, without its "
        "layers, and nothing of /run/pyro-*.",
    .example = "pyro workspace disk export demo --output demo.ext4",
    .tool = TOOL("workspace_disk_export", "Export the disk",
                 "Write the disk of a stopped workspace as an image to a new host path.", 0,
                 "output_path disk_format bytes_written"),
    .args = disk_export_rows,
    .args_size = sizeof(struct disk_export_args),
    .result = disk_export_result,
    .told = "workspace-disk-export workspace_id output_path disk_format bytes_written",
    .tells = CMD_TELLS_ON_OUTPUT,
    .run = disk_export_run,
};
