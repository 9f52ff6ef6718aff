/* engine/cmd/disk_read.c: a file from the disk of a stopped workspace. */
#include <unistd.h>

#include "engine/cmd/file_rows.h"
#include "engine/cmd/io.h"
#include "engine/cmd/table.h"
#include "engine/disk/inspect.h"

#define DEFAULT_MAX_BYTES 65536

struct disk_read_args {
    const char *workspace, *path;
    int64_t max_bytes;
    bool content_only;
};

static const struct arg_spec disk_read_rows[] = {
    ARG_WORKSPACE(disk_read_args, workspace),
    ARG_WORKSPACE_PATH(disk_read_args, path,
                       .help = "A regular file: absolute, or relative to /workspace"),
    ARG_INT(disk_read_args, max_bytes, .min = 1, .max = DISK_READ_MAX, .def = DEFAULT_MAX_BYTES,
            .unit = "bytes", .help = "How much of it at most"),
    ARG_FLAG(disk_read_args, content_only, .help = "The file's bytes as they are and nothing else"),
    ARG_END,
};

static const struct result_spec disk_read_result[] = {
    RES_STR("workspace_id"),
    RES_STR("path"),
    RES_INT("size_bytes", .help = "Of the whole file"),
    RES_INT("max_bytes"),
    RES_STR("content"),
    RES_BOOL("truncated", .help = "The file is longer than what is here"),
    RES_END,
};

static bool disk_read_run(const void *args, struct cmd_io *io, json_t **ret_result,
                          struct pyro_error *err)
{
    const struct disk_read_args *a = args;
    bool raw = a->content_only && !io->json && !isatty(io->out_fd);
    json_t *view =
        workspace_disk_read(a->workspace, a->path, a->max_bytes, raw ? io->out_fd : -1, err);
    const json_t *content = json_object_get(view, "content");
    struct number_text size, max;

    if (!view)
        return false;
    *ret_result = view;
    if (!io->json && !cmd_io_write_shown(io, false, json_string_value(content),
                                         json_string_length(content), err))
        return false;
    if (!a->content_only)
        cmd_io_summary(
            io, "workspace-disk-read",
            (const struct summary_item[]){
                { "workspace_id", json_string_or(view, "workspace_id", NULL) },
                { "path", json_string_or(view, "path", NULL) },
                { "size_bytes", number_text(&size, json_int_or(view, "size_bytes", 0)) },
                { "max_bytes", number_text(&max, a->max_bytes) },
                { "truncated", json_bool_or(view, "truncated", false) ? "True" : "False" },
                { NULL, NULL } });
    return true;
}

const struct cmd_spec cmd_disk_read = {
    .path = "workspace disk read",
    .summary = "Print a file from the disk of a stopped workspace",
    .details = "Text is UTF-8; '--content-only' gives any file's bytes, to a pipe or a file.",
    .example = "pyro workspace disk read demo /etc/hostname",
    .traits = CMD_READ_ONLY | CMD_STREAMING,
    .args = disk_read_rows,
    .args_size = sizeof(struct disk_read_args),
    .result = disk_read_result,
    .run = disk_read_run,
};
