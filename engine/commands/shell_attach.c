/* engine/commands/shell_attach.c: the user's terminal becomes the shell's. */
#include <stdio.h>

#include "engine/cmd/io.h"
#include "engine/commands/shell_rows.h"
#include "engine/commands/table.h"
#include "engine/shell/attach.h"

struct shell_attach_args {
    const char *workspace, *shell;
    bool watch;
};

static const struct arg_spec shell_attach_rows[] = {
    ARG_WORKSPACE(shell_attach_args, workspace),
    ARG_SHELL(shell_attach_args, shell),
    ARG_FLAG(shell_attach_args, watch, .help = "Only watch: send no key and no size"),
    ARG_END,
};

static json_t *shell_attach_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct shell_attach_args *a = args;
    const struct attach_spec spec = { .workspace = a->workspace,
                                      .shell = a->shell,
                                      .watch = a->watch,
                                      .in_fd = io->in_fd,
                                      .out_fd = io->out_fd };
    enum attach_end end = ATTACH_DETACHED;

    if (!shell_attach(&spec, &end, err))
        return NULL;
    dprintf(io->err_fd, "\r\n[%s %s]\r\n",
            end == ATTACH_DETACHED ? "detached from" : "ended:", a->shell);
    return json_object();
}

static void shell_attach_print(const json_t *result UNUSED, FILE *out UNUSED)
{
}

const struct cmd_spec cmd_shell_attach = {
    .path = "workspace shell attach",
    .summary = "Make this terminal the shell's: Ctrl-] detaches, pressed twice it is sent",
    .details = "The shell takes this terminal's size. With --watch nothing typed is sent and no "
               "size is set.",
    .example = "pyro workspace shell attach demo sh1",
    .traits = CMD_INTERACTIVE,
    .args = shell_attach_rows,
    .args_size = sizeof(struct shell_attach_args),
    .run = shell_attach_run,
    .print = shell_attach_print,
};
