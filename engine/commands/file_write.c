/* engine/commands/file_write.c: writing a file of a workspace. */
#include "engine/cmd/io.h"
#include "engine/commands/file_rows.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"
#include "engine/commands/text_input.h"
#include "engine/file/file.h"

struct file_write_args {
    const char *workspace, *path, *text, *text_file;
};

static const struct arg_spec file_write_rows[] = {
    ARG_WORKSPACE(file_write_args, workspace),
    ARG_WORKSPACE_PATH(file_write_args, path, .agent = "",
                       .help = "A file below /workspace, new or not"),
    ARG_STR(file_write_args, text, .agent = "", .metavar = "TEXT",
            .help = "The new content: UTF-8, at most 8 MiB"),
    ARG_STR(file_write_args, text_file, .metavar = "FILE", .complete = COMPLETE_FILE,
            .help = "A file on this host that holds the text; -: standard input"),
    ARG_END,
};

static const struct row_spec file_write_result[] = {
    RES_STR("workspace_id"),
    RES_STR("path"),
    RES_INT("bytes_written"),
    RES_STR("execution_mode", .choices = execution_modes),
    ROW_END,
};

static json_t *file_write_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct file_write_args *a = args;
    scoped_buf text = BUF_INIT(FILE_TEXT_MAX);

    if (!text_input(io, "text", a->text, a->text_file, &text, err))
        return NULL;
    return file_write(a->workspace, a->path, text.len ? text.data : "", text.len, err);
}

const struct cmd_spec cmd_file_write = {
    .path = "workspace file write",
    .summary = "Write a text file in a running workspace",
    .details =
        "A concurrent reader sees the old text or the new, never a part. A file that exists "
        "keeps its mode and owner; a new one gets 0644, and missing directories are created.",
    .example = "pyro workspace file write demo src/hello.py --text 'print(\"hello\")'",
    .traits = CMD_DESTRUCTIVE,
    .tool =
        TOOL("workspace_file_write", "Write a file", "Write or replace a text file in /workspace.",
             TOOL_CORE | TOOL_IDEMPOTENT | TOOL_DESTRUCTIVE, "path bytes_written"),
    .args = file_write_rows,
    .args_size = sizeof(struct file_write_args),
    .result = file_write_result,
    .told = "workspace-file-write workspace_id path bytes_written execution_mode",
    .tells = CMD_TELLS_ON_OUTPUT,
    .run = file_write_run,
};
