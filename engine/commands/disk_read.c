/* engine/commands/disk_read.c: a file from the disk of a stopped workspace. */
#include "engine/commands/content.h"
#include "engine/commands/file_rows.h"
#include "engine/commands/table.h"
#include "engine/disk/inspect.h"

static const struct arg_spec disk_read_rows[] = {
    ARG_WORKSPACE(content_args, workspace),
    ARG_WORKSPACE_PATH(content_args, path, .agent = "",
                       .help = "A regular file: absolute, or relative to /workspace"),
    ARG_CONTENT_ROWS,
    ARG_END,
};

static const struct row_spec disk_read_result[] = {
    RES_STR("workspace_id"),
    RES_CONTENT_ROWS,
    ROW_END,
};

static json_t *disk_read_one(const struct content_args *c, const struct content_range *range,
                             const struct content_sink *sink, struct pyro_error *err)
{
    return workspace_disk_read(c->workspace, c->path, range, sink, err);
}

static json_t *disk_read_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    return content_run(args, disk_read_one, &cmd_disk_read, io, err);
}

const struct cmd_spec cmd_disk_read = {
    .path = "workspace disk read",
    .summary = "Print a file from the disk of a stopped workspace",
    .details = "Text is UTF-8; '--content-only' and '--output' give the bytes of any file.",
    .example = "pyro workspace disk read demo /etc/hostname",
    .traits = CMD_READ_ONLY | CMD_STREAMING,
    .tool = TOOL("workspace_disk_read", "Read the disk",
                 "Read a text file on the disk of a stopped workspace.", 0,
                 "path size_bytes truncated next_offset content"),
    .args = disk_read_rows,
    .args_size = sizeof(struct content_args),
    .result = disk_read_result,
    .told = "workspace-disk-read workspace_id path size_bytes offset? max_bytes truncated "
            "next_offset left_bytes? output_path",
    .run = disk_read_run,
};
