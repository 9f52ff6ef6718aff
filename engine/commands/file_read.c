/* engine/commands/file_read.c: a file in a workspace. */
#include "engine/commands/content.h"
#include "engine/commands/file_rows.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"
#include "engine/file/file.h"

static const struct arg_spec file_read_rows[] = {
    ARG_WORKSPACE(content_args, workspace),
    ARG_WORKSPACE_PATH(content_args, path, .agent = "", .help = "A file below /workspace"),
    ARG_CONTENT_ROWS,
    ARG_END,
};

static const struct row_spec file_read_result[] = {
    RES_STR("workspace_id"),
    RES_CONTENT_ROWS,
    RES_STR("execution_mode", .choices = execution_modes),
    ROW_END,
};

static json_t *file_read_one(const struct content_args *c, const struct content_range *range,
                             const struct content_sink *sink, struct pyro_error *err)
{
    return file_read(c->workspace, c->path, range, sink, err);
}

static json_t *file_read_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    return content_run(args, file_read_one, &cmd_file_read, io, err);
}

const struct cmd_spec cmd_file_read = {
    .path = "workspace file read",
    .summary = "Print a file of a running workspace",
    .details = "Text is UTF-8; '--content-only' and '--output' give the bytes of any file. On a "
               "terminal, control characters are shown as escapes; elsewhere the bytes are as in "
               "the file.",
    .example = "pyro workspace file read demo src/main.c",
    .traits = CMD_READ_ONLY | CMD_STREAMING,
    .tool = TOOL("workspace_file_read", "Read a file", "Read a text file in /workspace.", TOOL_CORE,
                 "path size_bytes truncated next_offset content"),
    .args = file_read_rows,
    .args_size = sizeof(struct content_args),
    .result = file_read_result,
    .told = "workspace-file-read workspace_id path size_bytes offset? max_bytes truncated "
            "next_offset left_bytes? "
            "output_path execution_mode",
    .run = file_read_run,
};
