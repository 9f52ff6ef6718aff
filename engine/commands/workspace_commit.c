/* engine/commands/workspace_commit.c: install once, start many. */
#include "engine/cmd/check.h"
#include "engine/cmd/io.h"
#include "engine/commands/env_first_boot.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/fs.h"

struct workspace_commit_args {
    const char *workspace, *name;
};

static const struct arg_spec workspace_commit_rows[] = {
    ARG_WORKSPACE(workspace_commit_args, workspace),
    ARG_WORD(workspace_commit_args, name, .metavar = "NAME", .check = check_name,
             .help = "What the environment is called"),
    ARG_END,
};

static const struct row_spec workspace_commit_result[] = {
    RES_STR("environment"),
    RES_STR("workspace_id"),
    RES_STRINGS("left_out", .help = "What the environment does not have of the workspace's disk"),
    RES_INT("layers", .help = "Of its disk, above the image"),
    RES_INT("freeze_ms",
            .help = "Until what was written is on the disk, and the guest holds still"),
    RES_INT("commit_ms", .help = "Without what the others count"),
    RES_INT("digest_ms", .help = "That reading the layers took"),
    RES_INT("template_ms", .help = "That its first machine took"),
    ROW_END,
};

static json_t *workspace_commit_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_commit_args *a = args;
    scoped_json json_t *result = workspace_commit(a->workspace, a->name, &io->progress, err);
    int64_t start_ms = clock_ms();

    if (!result || !env_first_boot(a->name, io, err))
        return NULL;
    json_object_set_new(result, "template_ms", json_integer((json_int_t)(clock_ms() - start_ms)));
    return json_incref(result);
}

static void workspace_commit_print(const json_t *result, FILE *out)
{
    env_print_made("Committed", result, out);
}

const struct cmd_spec cmd_workspace_commit = {
    .path = "workspace commit",
    .summary = "Make an environment of a workspace's disk as it is now",
    .details = "Workspaces of it start with all that is installed. The machine goes on: its file "
               "system is held still for some milliseconds; nothing is copied. What belongs to one "
               "machine is left out, and said: its machine-id, SSH host keys, histories of shells. "
               "One machine is started to try the environment.",
    .example = "pyro workspace commit demo ready",
    .tool = TOOL("workspace_commit", "Make an environment",
                 "Make an environment of a workspace's disk as it is now.", 0,
                 "environment workspace_id left_out"),
    .args = workspace_commit_rows,
    .args_size = sizeof(struct workspace_commit_args),
    .result = workspace_commit_result,
    .run = workspace_commit_run,
    .print = workspace_commit_print,
};
