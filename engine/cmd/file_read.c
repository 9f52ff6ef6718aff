/* engine/cmd/file_read.c: the text of a file in a workspace. */
#include <string.h>
#include <unistd.h>

#include "engine/cmd/file_rows.h"
#include "engine/cmd/io.h"
#include "engine/cmd/rows.h"
#include "engine/cmd/table.h"
#include "engine/cmd/text.h"
#include "engine/file/file.h"
#include "vmm/base/json.h"

#define DEFAULT_MAX_BYTES 65536

struct file_read_args {
    const char *workspace, *path;
    int64_t max_bytes;
    bool content_only;
};

static const struct arg_spec file_read_rows[] = {
    ARG_WORKSPACE(file_read_args, workspace),
    ARG_WORKSPACE_PATH(file_read_args, path, .help = "A file below /workspace"),
    ARG_INT(file_read_args, max_bytes, .min = 1, .max = FILE_TEXT_MAX, .def = DEFAULT_MAX_BYTES,
            .unit = "bytes", .help = "How much of it at most; cut between characters"),
    ARG_FLAG(file_read_args, content_only, .help = "No summary line"),
    ARG_END,
};

static const struct result_spec file_read_result[] = {
    RES_STR("workspace_id"),
    RES_STR("path"),
    RES_INT("size_bytes", .help = "Of the whole file"),
    RES_INT("max_bytes"),
    RES_STR("content"),
    RES_BOOL("truncated", .help = "The file is longer than what is here"),
    RES_STR("execution_mode", .choices = execution_modes),
    RES_END,
};

static bool file_read_run(const void *args, struct cmd_io *io, json_t **ret_result,
                          struct pyro_error *err)
{
    const struct file_read_args *a = args;
    json_t *view = file_read(a->workspace, a->path, a->max_bytes, err);
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
            io, "workspace-file-read",
            (const struct summary_item[]){
                { "workspace_id", json_string_or(view, "workspace_id", NULL) },
                { "path", json_string_or(view, "path", NULL) },
                { "size_bytes", number_text(&size, json_int_or(view, "size_bytes", 0)) },
                { "max_bytes", number_text(&max, a->max_bytes) },
                { "truncated", json_bool_or(view, "truncated", false) ? "True" : "False" },
                { "execution_mode", json_string_or(view, "execution_mode", NULL) },
                { NULL, NULL } });
    return true;
}

const struct cmd_spec cmd_file_read = {
    .path = "workspace file read",
    .summary = "Print a text file of a running workspace",
    .details = "Text is UTF-8; other files are refused ('workspace export' takes them out). On a "
               "terminal, control characters are shown as escapes; elsewhere the bytes are as in "
               "the file.",
    .example = "pyro workspace file read demo src/main.c",
    .traits = CMD_READ_ONLY | CMD_STREAMING,
    .args = file_read_rows,
    .args_size = sizeof(struct file_read_args),
    .result = file_read_result,
    .run = file_read_run,
};
