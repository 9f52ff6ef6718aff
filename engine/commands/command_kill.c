/* engine/commands/command_kill.c: a signal to a command that runs. */
#include "engine/cmd/io.h"
#include "engine/commands/command_rows.h"
#include "engine/commands/table.h"

struct command_kill_args {
    const char *workspace, *signal;
    int64_t sequence;
};

static const char *const signals[] = { "HUP", "INT", "QUIT", "TERM", "KILL", NULL };

static const struct arg_spec command_kill_rows[] = {
    ARG_WORKSPACE(command_kill_args, workspace),
    ARG_SEQUENCE(command_kill_args),
    ARG_CHOICE(command_kill_args, signal, .choices = signals, .def_str = "KILL",
               .help = "The signal, to the command's process group"),
    ARG_END,
};

static json_t *command_kill_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct command_kill_args *a = args;

    return command_kill(a->workspace, a->sequence, a->signal, &io->progress, err);
}

const struct cmd_spec cmd_command_kill = {
    .path = "workspace command kill",
    .summary = "End a command that runs, or send it another signal",
    .details = "One that has ended is left as it is. What it printed stays readable.",
    .example = "pyro workspace command kill demo 1 --signal TERM",
    .traits = CMD_DESTRUCTIVE,
    .tool = TOOL("workspace_command_kill", "End a command", "End a command that runs.",
                 TOOL_CORE | TOOL_IDEMPOTENT, "workspace_id sequence state exit_code"),
    .args = command_kill_rows,
    .args_size = sizeof(struct command_kill_args),
    .result = command_state_rows,
    .told = COMMAND_TOLD("kill", ""),
    .tells = CMD_TELLS_ON_ERROR,
    .run = command_kill_run,
};
