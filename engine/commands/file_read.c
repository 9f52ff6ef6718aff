/* engine/commands/file_read.c: a file in a workspace. */
#include "engine/commands/content.h"
#include "engine/commands/file_rows.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"
#include "engine/file/file.h"

struct file_read_args {
    const char *workspace, *path;
    CONTENT_FIELDS;
};

static const struct arg_spec file_read_rows[] = {
    ARG_WORKSPACE(file_read_args, workspace),
    ARG_WORKSPACE_PATH(file_read_args, path, .help = "A file below /workspace"),
    ARG_CONTENT_ROWS(file_read_args),
    ARG_END,
};

static const struct row_spec file_read_result[] = {
    RES_STR("workspace_id"),
    RES_CONTENT_ROWS,
    RES_STR("execution_mode", .choices = execution_modes),
    ROW_END,
};

static json_t *read_one(const void *args, const struct content_range *range,
                        const struct content_sink *sink, struct pyro_error *err)
{
    const struct file_read_args *a = args;

    return file_read(a->workspace, a->path, range, sink, err);
}

static bool file_read_run(const void *args, struct cmd_io *io, json_t **ret_result,
                          struct pyro_error *err)
{
    const struct file_read_args *a = args;

    return content_run(CONTENT_ARGS_OF(a), args, read_one, &cmd_file_read, io, ret_result, err);
}

const struct cmd_spec cmd_file_read = {
    .path = "workspace file read",
    .summary = "Print a file of a running workspace",
    .details = "Text is UTF-8; '--content-only' and '--output' give the bytes of any file. On a "
               "terminal, control characters are shown as escapes; elsewhere the bytes are as in "
               "the file.",
    .example = "pyro workspace file read demo src/main.c",
    .traits = CMD_READ_ONLY | CMD_STREAMING,
    .args = file_read_rows,
    .args_size = sizeof(struct file_read_args),
    .result = file_read_result,
    .told = "workspace-file-read workspace_id path size_bytes offset? max_bytes truncated "
            "output_path execution_mode",
    .run = file_read_run,
};
