/* engine/commands/shell_signal.c: a signal to what runs in a shell. */
#include "engine/commands/shell_rows.h"
#include "engine/commands/table.h"
#include "engine/shell/shell.h"

struct shell_signal_args {
    const char *workspace, *shell, *signal;
};

static const char *const signals[] = { "HUP", "INT", "TERM", "KILL", NULL };

static const struct arg_spec shell_signal_rows[] = {
    ARG_WORKSPACE(shell_signal_args, workspace),
    ARG_SHELL(shell_signal_args, shell),
    ARG_CHOICE(shell_signal_args, signal, .agent = "", .choices = signals, .def_str = "INT",
               .help = "INT is Ctrl-C; KILL ends the whole shell"),
    ARG_END,
};

static json_t *shell_signal_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct shell_signal_args *a = args;

    return shell_signal(a->workspace, a->shell, a->signal, err);
}

const struct cmd_spec cmd_shell_signal = {
    .path = "workspace shell signal",
    .summary = "Send a signal to what runs in the foreground of a shell",
    .example = "pyro workspace shell signal demo sh1 --signal INT",
    .traits = CMD_DESTRUCTIVE,
    .tool = TOOL("shell_signal", "Signal a shell", "Interrupt what runs in a shell.",
                 TOOL_CORE | TOOL_DESTRUCTIVE, "workspace_id shell_id state"),
    .args = shell_signal_rows,
    .args_size = sizeof(struct shell_signal_args),
    .result = shell_rows,
    .told = SHELL_TOLD("signal", ""),
    .tells = CMD_TELLS_ON_ERROR,
    .run = shell_signal_run,
};
