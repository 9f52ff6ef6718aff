/* engine/commands/workspace_fork.c: workspaces that go on from where another one is. */
#include "engine/cmd/check.h"
#include "engine/cmd/io.h"
#include "engine/commands/guest_command.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/workspace/fork.h"

struct workspace_fork_args {
    const char *workspace, *name, *snapshot;
    int64_t count, ttl_seconds;
    struct arg_list label, secret, secret_file;
    json_t *env;
    bool disk_only, id_only;
};

static const struct arg_spec workspace_fork_rows[] = {
    ARG_WORKSPACE(workspace_fork_args, workspace),
    ARG_STR(workspace_fork_args, name, .agent = "", .check = check_name,
            .help = "What the fork is called; of several, what their numbered names begin with"),
    ARG_INT(workspace_fork_args, count, .agent = "", .min = 1, .max = FORKS_MAX, .def = 1,
            .help = "How many"),
    ARG_STR(workspace_fork_args, snapshot, .agent = "", .complete = COMPLETE_SNAPSHOT,
            .check = check_name, .help = "Go on from this snapshot (or baseline) in place of now"),
    ARG_FLAG(workspace_fork_args, disk_only, .agent = "",
             .help = "Leave the memory: the forks have the disk alone, and are stopped"),
    ARG_LABEL(workspace_fork_args),
    ARG_WORKSPACE_ENV(workspace_fork_args, env,
                      "A variable of what is started in the fork, beside "
                      "the workspace's or in place of one"),
    ARG_SECRETS(workspace_fork_args),
    ARG_INT(workspace_fork_args, ttl_seconds, .agent = "", .min = 0, .max = SECONDS_MAX,
            .def = ARG_UNSET, .unit = "seconds",
            .help = "Stop a fork this long after its start, 0: never; without it, as the "
                    "workspace has it"),
    ARG_FLAG(workspace_fork_args, id_only,
             .help = "Print the forks' ids, one a line, and nothing "
                     "else"),
    ARG_END,
};

static const struct row_spec workspace_fork_result[] = {
    RES_STR("forked_from", .help = "The id of the workspace that they go on from"),
    RES_INT("count"),
    RES_OBJECTS("workspaces", workspace_rows, .help = "In the order of their numbers"),
    ROW_END,
};

static void workspace_fork_print_ids(const json_t *result, FILE *out)
{
    const json_t *list = json_object_get(result, "workspaces"), *w;
    size_t i;

    json_array_foreach (list, i, w)
        cmd_print_id(w, out);
}

static json_t *workspace_fork_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_fork_args *a = args;
    scoped_json json_t *labels = labels_to_json(&a->label);
    scoped_secrets secrets = { .count = 0 };
    const struct workspace_fork_spec spec = { .name = a->name,
                                              .count = a->count,
                                              .snapshot = a->snapshot,
                                              .disk_only = a->disk_only,
                                              .labels = labels,
                                              .env = a->env,
                                              .secrets = &secrets,
                                              .ttl_seconds = a->ttl_seconds == ARG_UNSET
                                                                 ? -1
                                                                 : a->ttl_seconds };

    if (!take_secrets(&a->secret, &a->secret_file, &secrets, err) ||
        !cmd_io_redact_fork(io, a->workspace, &secrets, err))
        return NULL;
    if (a->id_only)
        io->print = workspace_fork_print_ids;
    return workspace_fork(a->workspace, &spec, &io->progress, err);
}

static void workspace_fork_print(const json_t *result, FILE *out)
{
    const json_t *list = json_object_get(result, "workspaces"), *w;
    size_t i;

    json_array_foreach (list, i, w) {
        if (i)
            fputc('\n', out);
        show_workspace(w, out);
    }
}

const struct cmd_spec cmd_workspace_fork = {
    .path = "workspace fork",
    .summary = "Make workspaces that go on from where another one is",
    .details = "A fork has the disk, the history and the settings of the workspace, an id, a "
               "hostname and a machine-id of its own, and shares the disk's layers: it takes no "
               "space until it writes. Of a running workspace, or of a snapshot with memory, it "
               "goes on with the memory too: processes, shells with what they have printed, and "
               "services, whose published ports get other numbers; a command that runs goes on in "
               "the workspace alone, which stands still for some milliseconds. Other forks are "
               "stopped. All of them are made, or none. What a secret of "
               "the workspace was stays hidden in its forks, also when --secret replaces it.",
    .example = "pyro workspace fork demo --name try --count 3",
    .tool = TOOL(
        "workspace_fork", "Fork a workspace",
        "Make new workspaces that go on from where one is, running or stopped, or from a snapshot.",
        TOOL_OPEN_WORLD,
        "forked_from count workspaces.workspace_id workspaces.name workspaces.state"),
    .args = workspace_fork_rows,
    .args_size = sizeof(struct workspace_fork_args),
    .result = workspace_fork_result,
    .run = workspace_fork_run,
    .print = workspace_fork_print,
};
