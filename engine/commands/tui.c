/* engine/commands/tui.c: the declaration of `pyro tui`; the interface itself is above the engine
 * and is handed in by main. */
#include "engine/cmd/cmd.h"
#include "engine/commands/table.h"

bool (*cmd_tui_entry)(const char *target, struct pyro_error *err);

struct tui_args {
    const char *target;
};

static const struct arg_spec tui_rows[] = {
    ARG_WORD(tui_args, target, .optional = true, .metavar = "WORKSPACE[/SHELL]",
             .complete = COMPLETE_WORKSPACE_SHELL,
             .help = "Begin watching this shell, or else the running one that was opened last"),
    ARG_END,
};

static json_t *tui_command_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct tui_args *a = args;

    if (!cmd_tui_entry)
        return pyro_fail(err, PYRO_INTERNAL, "this program was built without its interface");
    if (!cmd_tui_entry(a->target, err))
        return NULL;
    return json_object();
}

const struct cmd_spec cmd_tui = {
    .path = "tui",
    .summary = "See every workspace, watch every shell, take over any of them",
    .details = "A full-screen interface; '?' shows the keys of each screen. Nothing that runs in a "
               "workspace depends on it. Colours and keys: $XDG_CONFIG_HOME/pyro/config.",
    .example = "pyro tui",
    .traits = CMD_INTERACTIVE,
    .args = tui_rows,
    .args_size = sizeof(struct tui_args),
    .run = tui_command_run,
};
