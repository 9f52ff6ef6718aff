/* engine/commands/host_connect.c: connects a coding agent. */
#include "engine/cmd/io.h"
#include "engine/cmd/text.h"
#include "engine/commands/host_rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/host/connect.h"

struct host_connect_args {
    const char *client, *profile, *project_path;
};

static const struct arg_spec host_connect_rows[] = {
    ARG_CLIENT(host_connect_args, client, .help = "The agent"),
    ARG_SERVE(host_connect_args),
    ARG_END,
};

static const struct row_spec host_connect_result[] = {
    RES_STR("client", .choices = agent_names),
    RES_STR("config_path", .help = "Its file, which has the entry now"),
    RES_STRINGS("command", .help = "What the entry starts"),
    RES_BOOL("changed", .help = "False: the entry was there already, as it is to be"),
    RES_STR("backup_path", .nullable = true,
            .help = "The file as it was; null: there was none, or nothing was changed"),
    RES_STR("diff", .help = "The lines that changed"),
    ROW_END,
};

static json_t *host_connect_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct host_connect_args *a = args;
    scoped_json json_t *command = agent_command(a->profile, a->project_path, err);
    scoped_connection made = { 0 };

    if (!command || !agent_connect(agent_find(a->client), command, &made, err))
        return NULL;
    return json_pack("{s:s, s:o, s:O, s:b, s:o, s:o}", "client", a->client, "config_path",
                     json_string_or_null(made.file), "command", command, "changed", made.changed,
                     "backup_path", json_string_or_null(made.backup), "diff",
                     json_string_or_null(made.difference ? made.difference : ""));
}

static void host_connect_print(const json_t *result, FILE *out)
{
    text_print_lines(out, json_string_or(result, "diff", ""));
    show_line(out, "Backup", json_string_or(result, "backup_path", NULL));
    fputs(json_bool_or(result, "changed", false) ? "" : "nothing to do: ", out);
    text_print(out, json_string_or(result, "client", ""));
    fputs(" starts ", out);
    show_command(result, out);
    fputc('\n', out);
}

const struct cmd_spec cmd_host_connect = {
    .path = "host connect",
    .summary = "Connect a coding agent: it starts 'pyro mcp serve' from then on",
    .details =
        "Done by the agent's own 'mcp add', for this user, after a copy of its file was made; the "
        "lines that changed are shown. If it goes wrong, the file is as it was.",
    .example = "pyro host connect claude-code",
    .args = host_connect_rows,
    .args_size = sizeof(struct host_connect_args),
    .result = host_connect_result,
    .run = host_connect_run,
    .print = host_connect_print,
};
