/* engine/commands/disk_list.c: lists the disk of a stopped workspace. */
#include "engine/cmd/io.h"
#include "engine/commands/file_rows.h"
#include "engine/commands/table.h"
#include "engine/disk/inspect.h"

struct disk_list_args {
    const char *workspace, *path;
    bool recursive;
    struct page_args page;
};

static const struct arg_spec disk_list_rows[] = {
    ARG_WORKSPACE(disk_list_args, workspace),
    ARG_WORKSPACE_PATH(disk_list_args, path, .agent = "", .optional = true, .def_str = "/workspace",
                       .help = "A directory or file: absolute, or relative to /workspace"),
    ARG_FLAG(disk_list_args, recursive, .agent = "",
             .help = "Also list what is below its directories"),
    ARG_PAGE_ROWS(disk_list_args),
    ARG_END,
};

static json_t *disk_list_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct disk_list_args *a = args;

    return page_cut(workspace_disk_list(a->workspace, a->path, a->recursive, err), "entries",
                    &a->page, &file_list_order, io, err);
}

const struct cmd_spec cmd_disk_list = {
    .path = "workspace disk list",
    .summary = "List files on the disk of a stopped workspace",
    .details =
        "All of the disk may be looked at, without starting the machine. Links are shown and "
        "never followed.",
    .example = "pyro workspace disk list demo /etc",
    .traits = CMD_READ_ONLY,
    .tool =
        TOOL("workspace_disk_list", "List the disk",
             "List a directory on the disk of a stopped workspace.", 0,
             "path truncated next_cursor entries.path entries.artifact_type entries.size_bytes"),
    .args = disk_list_rows,
    .args_size = sizeof(struct disk_list_args),
    .result = file_list_result,
    .run = disk_list_run,
    .print = file_list_show,
};
