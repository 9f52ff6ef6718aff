/* engine/commands/host_print_config.c: what connects a coding agent, to be put in by hand. */
#include "engine/cmd/io.h"
#include "engine/cmd/summary.h"
#include "engine/commands/host_rows.h"
#include "engine/commands/table.h"
#include "vmm/base/json.h"

struct host_print_config_args {
    const char *client, *profile, *project_path;
};

static const struct arg_spec host_print_config_rows[] = {
    ARG_CLIENT(host_print_config_args, client, .help = "The agent"),
    ARG_SERVE(host_print_config_args),
    ARG_END,
};

static const struct row_spec host_print_config_result[] = {
    RES_STR("client", .choices = agent_names),
    RES_STR("config_path", .help = "Where it goes: beside what that file has already"),
    RES_STR("format", .choices = agent_formats),
    RES_STR("config"),
    ROW_END,
};

static json_t *host_print_config_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct host_print_config_args *a = args;
    const struct agent *agent = agent_find(a->client);
    scoped_json json_t *command = agent_command(a->profile, a->project_path, err);
    scoped_free char *file = command ? agent_file(agent, err) : NULL;
    scoped_free char *config = command ? agent_config(agent, command) : NULL;
    json_t *result;

    if (!file)
        return NULL;
    if (!config)
        return pyro_no_memory(err, NULL);
    result = json_pack("{s:s, s:o, s:s, s:s}", "client", a->client, "config_path",
                       json_string_or_null(file), "format", agent->format, "config", config);
    summary_tell(io, &cmd_host_print_config, result);
    return result;
}

static void host_print_config_print(const json_t *result, FILE *out)
{
    fputs(json_string_or(result, "config", ""), out);
}

const struct cmd_spec cmd_host_print_config = {
    .path = "host print-config",
    .summary = "Print what a coding agent's configuration needs to start 'pyro mcp serve'",
    .example = "pyro host print-config codex",
    .traits = CMD_READ_ONLY,
    .args = host_print_config_rows,
    .args_size = sizeof(struct host_print_config_args),
    .result = host_print_config_result,
    .told = "host-print-config client format config_path",
    .run = host_print_config_run,
    .print = host_print_config_print,
};
