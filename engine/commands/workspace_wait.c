/* engine/commands/workspace_wait.c: until a workspace is as a script needs it. */
#include <string.h>

#include "engine/cmd/io.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"
#include "engine/workspace/wait.h"

struct workspace_wait_args {
    const char *workspace, *wanted;
    int64_t timeout_seconds;
};

static const struct arg_spec workspace_wait_rows[] = {
    ARG_WORKSPACE(workspace_wait_args, workspace),
    { ARG_ROW_NAMED_("for", workspace_wait_args, wanted, ARG_TYPE_CHOICE, const char *),
      .metavar = "WHAT", .choices = workspace_wanted_names, .def_str = "ready",
      .help = "ready: started; idle: no command runs and each shell is at its prompt; attention: "
              "something asks, failed or finished; suspended; stopped" },
    ARG_INT(workspace_wait_args, timeout_seconds, .max = SECONDS_MAX, .unit = "seconds",
            .help = "Fail when it is not so by then; 0: wait however long"),
    ARG_END,
};

static json_t *workspace_wait_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_wait_args *a = args;
    unsigned wanted = 0;

    while (strcmp(workspace_wanted_names[wanted], a->wanted) != 0)
        wanted++;
    return workspace_wait(a->workspace, (enum workspace_wanted)wanted, a->timeout_seconds * 1000,
                          &io->progress, err);
}

const struct cmd_spec cmd_workspace_wait = {
    .path = "workspace wait",
    .summary = "Wait until a workspace is ready, idle, suspended, stopped, or needs attention",
    .details = "One that fails, is deleted, or stops while something else is wanted of it ends the "
               "wait with status 1.",
    .example = "pyro workspace wait demo --for idle --timeout-seconds 60",
    .traits = CMD_READ_ONLY,
    .args = workspace_wait_rows,
    .args_size = sizeof(struct workspace_wait_args),
    .result = workspace_rows,
    .run = workspace_wait_run,
};
