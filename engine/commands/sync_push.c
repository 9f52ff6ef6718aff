/* engine/commands/sync_push.c: a directory or an archive into a running workspace. */
#include "engine/cmd/io.h"
#include "engine/commands/table.h"
#include "engine/tree/tree.h"

struct sync_push_args {
    const char *workspace, *source, *dest;
};

static const struct arg_spec sync_push_rows[] = {
    ARG_WORKSPACE(sync_push_args, workspace),
    ARG_WORD(sync_push_args, source, .agent = "Host path", .metavar = "SOURCE",
             .complete = COMPLETE_FILE,
             .help = "A directory, or a .tar, .tar.gz, .tgz, .tar.zst or .tar.xz"),
    ARG_STR(sync_push_args, dest, .agent = "", .metavar = "PATH", .def_str = "/workspace",
            .help = "Where it goes in the workspace; created if missing"),
    ARG_END,
};

static const char *const source_modes[] = { "directory", "tar_archive", NULL };

static const struct row_spec workspace_sync_rows[] = {
    RES_STR("mode", .choices = source_modes),
    RES_STR("source_path"),
    RES_STR("destination"),
    RES_INT("entry_count", .help = "Files, directories and links"),
    RES_INT("skipped_count", .help = "Sockets, FIFOs and devices; standard error names them"),
    RES_INT("bytes_written", .help = "The sizes of the files"),
    ROW_END,
};

static const struct row_spec sync_push_result[] = {
    RES_STR("workspace_id"),
    RES_OBJECT("workspace_sync", workspace_sync_rows),
    RES_STR("execution_mode", .choices = execution_modes),
    ROW_END,
};

static json_t *sync_push_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct sync_push_args *a = args;

    return workspace_sync_push(a->workspace, a->source, a->dest, &io->progress, err);
}

const struct cmd_spec cmd_sync_push = {
    .path = "workspace sync push",
    .summary = "Copy a directory or a tar archive into a running workspace",
    .details =
        "Everything is checked first: what cannot be read, and archive members that would lead "
        "elsewhere, stop it before anything is written. The copying itself is not atomic; "
        "the baseline stays as it is.",
    .example = "pyro workspace sync push demo ./src --dest src",
    .traits = CMD_DESTRUCTIVE,
    .tool = TOOL("workspace_sync_push", "Copy in",
                 "Copy a host directory or archive into a running workspace.", TOOL_DESTRUCTIVE,
                 "workspace_id workspace_sync"),
    .args = sync_push_rows,
    .args_size = sizeof(struct sync_push_args),
    .result = sync_push_result,
    .told = "workspace-sync workspace_id workspace_sync.mode workspace_sync.source_path "
            "workspace_sync.destination workspace_sync.entry_count workspace_sync.bytes_written "
            "execution_mode",
    .tells = CMD_TELLS_ON_OUTPUT,
    .run = sync_push_run,
};
