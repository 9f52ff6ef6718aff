/* engine/commands/workspace_export.c: a file or directory of a workspace onto the host. */
#include "engine/cmd/io.h"
#include "engine/commands/table.h"
#include "engine/tree/tree.h"

struct workspace_export_args {
    const char *workspace, *path, *output;
};

static const struct arg_spec workspace_export_rows[] = {
    ARG_WORKSPACE(workspace_export_args, workspace),
    ARG_WORD(workspace_export_args, path, .agent = "", .metavar = "PATH",
             .help = "A file, directory or symbolic link in the workspace"),
    ARG_STR(workspace_export_args, output, .agent = "Host path", .required = true,
            .metavar = "HOST_PATH", .complete = COMPLETE_FILE,
            .help = "Where it goes; must not exist yet"),
    ARG_END,
};

static const char *const export_types[] = { "file", "directory", "symlink", NULL };

static const struct row_spec workspace_export_result[] = {
    RES_STR("workspace_id"),
    RES_STR("workspace_path"),
    RES_STR("output_path"),
    RES_STR("artifact_type", .choices = export_types),
    RES_INT("entry_count", .help = "Files, directories and links; the exported directory itself "
                                   "is not counted"),
    RES_INT("bytes_written", .help = "The sizes of the files"),
    RES_INT("skipped_count", .help = "Sockets, FIFOs and devices below a directory; standard error "
                                     "names them"),
    RES_STR("execution_mode", .choices = execution_modes),
    ROW_END,
};

static json_t *workspace_export_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_export_args *a = args;

    return workspace_export(a->workspace, a->path, a->output, &io->progress, err);
}

const struct cmd_spec cmd_workspace_export = {
    .path = "workspace export",
    .summary = "Copy a file or directory out of a running workspace",
    .details = "Modes (without set-id bits), times and links are kept; links are never followed. "
               "The output appears whole, or not at all.",
    .example = "pyro workspace export demo src/result.txt --output result.txt",
    .traits = CMD_READ_ONLY,
    .tool = TOOL("workspace_export", "Copy out",
                 "Copy a file or directory of /workspace to a new host path.", 0,
                 "workspace_path output_path artifact_type entry_count bytes_written"),
    .args = workspace_export_rows,
    .args_size = sizeof(struct workspace_export_args),
    .result = workspace_export_result,
    .told = "workspace-export workspace_id workspace_path output_path artifact_type entry_count "
            "bytes_written execution_mode",
    .tells = CMD_TELLS_ON_OUTPUT,
    .run = workspace_export_run,
};
