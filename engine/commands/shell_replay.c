/* engine/commands/shell_replay.c: a shell's recording, played in the user's terminal. */
#include <stdio.h>

#include "engine/client/handle.h"
#include "engine/cmd/io.h"
#include "engine/commands/shell_rows.h"
#include "engine/commands/table.h"
#include "engine/commands/time_text.h"
#include "engine/shell/playback.h"
#include "engine/shell/player.h"

struct shell_replay_args {
    const char *workspace, *shell, *speed, *from;
};

static const struct arg_spec shell_replay_rows[] = {
    ARG_WORKSPACE(shell_replay_args, workspace),
    ARG_SHELL(shell_replay_args, shell),
    ARG_CHOICE(shell_replay_args, speed, .choices = playback_speeds, .def_str = "1",
               .help = "How many times as fast as it was"),
    ARG_STR(shell_replay_args, from, .metavar = "TIME", .check = check_time_text,
            .help = "Where it begins: " TIME_TEXT_HELP),
    ARG_END,
};

static json_t *shell_replay_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct shell_replay_args *a = args;
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct player_spec spec = {
        .shell = a->shell, .speed = a->speed, .in_fd = io->in_fd, .out_fd = io->out_fd
    };
    char end[128];

    if (!workspace_open(a->workspace, &o, err) ||
        (a->from && !time_text_parse(a->from, &spec.from, err)))
        return NULL;
    spec.workspace_fd = o.dir_fd;
    if (!player_run(&spec, end, sizeof(end), err))
        return NULL;
    dprintf(io->err_fd, "\r\n[replayed %s: %s]\r\n", a->shell, end);
    return json_object();
}

static void shell_replay_print(const json_t *result UNUSED, FILE *out UNUSED)
{
}

const struct cmd_spec cmd_shell_replay = {
    .path = "workspace shell replay",
    .summary = "Play a shell's output in this terminal, as it came",
    .details = "Space pauses, Left and Right go 5 seconds back and on, Up and Down a minute, Home "
               "and End to its "
               "ends, + and - change the speed, q ends it. A pause of over two seconds is played "
               "as one of two. "
               "'--from 10m' shows what happened in the last ten minutes.",
    .example = "pyro workspace shell replay demo sh1 --from 10m --speed 4",
    .traits = CMD_INTERACTIVE,
    .args = shell_replay_rows,
    .args_size = sizeof(struct shell_replay_args),
    .run = shell_replay_run,
    .print = shell_replay_print,
};
