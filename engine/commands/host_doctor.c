/* engine/commands/host_doctor.c: tries the entries of the coding agents. */
#include <inttypes.h>
#include <string.h>

#include "engine/cmd/io.h"
#include "engine/cmd/text.h"
#include "engine/commands/host_rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/host/probe.h"

struct host_doctor_args {
    const char *client;
};

static const struct arg_spec host_doctor_rows[] = {
    ARG_CLIENT(host_doctor_args, client, .optional = true, .help = "One agent; without it, all"),
    ARG_END,
};

static const struct row_spec client_rows[] = {
    RES_STR("client", .choices = agent_names),
    RES_STR("state", .choices = probe_states),
    RES_STR("config_path", .nullable = true),
    RES_STRINGS("command", .nullable = true, .help = "What its entry starts; null: it has none"),
    RES_STR("version", .nullable = true, .help = "Of the pyro that answered"),
    RES_STRINGS("tools", .nullable = true),
    RES_INT("elapsed_ms", .nullable = true,
            .help = "From the start of the command to its end, with its tools listed"),
    RES_STR("problem", .nullable = true),
    RES_STR("action", .nullable = true, .help = "What to do"),
    ROW_END,
};

static const struct row_spec host_doctor_result[] = {
    RES_OBJECTS("clients", client_rows),
    ROW_END,
};

static json_t *examine(const struct agent *a)
{
    scoped_probe p;

    agent_probe(a, &p);
    return json_pack("{s:s, s:s, s:o, s:O?, s:o, s:O?, s:o, s:o, s:o}", "client", a->name, "state",
                     p.state, "config_path", json_string_or_null(p.file), "command", p.command,
                     "version", json_string_or_null(p.version), "tools", p.tools, "elapsed_ms",
                     p.tools ? json_integer(p.elapsed_ms) : json_null(), "problem",
                     json_string_or_null(p.problem), "action", json_string_or_null(p.action));
}

static json_t *host_doctor_run(const void *args, struct cmd_io *io, struct pyro_error *err UNUSED)
{
    const struct host_doctor_args *a = args;
    json_t *list = json_array();

    for (const struct agent *const *agent = agents; *agent; agent++) {
        json_t *one;

        if (a->client && strcmp(a->client, (*agent)->name) != 0)
            continue;
        one = examine(*agent);
        io->exit_status |= !strcmp(json_string_or(one, "state", ""), "failed");
        json_array_append_new(list, one);
    }
    return json_pack("{s:o}", "clients", list);
}

static void print_client(const json_t *one, FILE *out)
{
    const json_t *tools = json_object_get(one, "tools");
    const char *problem = json_string_or(one, "problem", NULL);
    const char *action = json_string_or(one, "action", NULL);

    for (const char *at = json_string_or(one, "state", ""); *at; at++)
        fputc(*at == '_' ? ' ' : *at, out);
    if (json_is_array(json_object_get(one, "command"))) {
        fputs(": ", out);
        show_command(one, out);
    }
    if (json_array_size(tools) && !problem)
        fprintf(out, "\n    %zu tool%s in %" PRId64 " ms:", json_array_size(tools),
                json_array_size(tools) == 1 ? "" : "s", json_int_or(one, "elapsed_ms", 0));
    for (size_t i = 0; i < json_array_size(tools) && !problem; i++) {
        fputc(' ', out);
        text_print(out, json_string_value(json_array_get(tools, i)));
    }
    if (problem)
        fputs("\n    ", out);
    text_print(out, problem);
    if (action)
        fputs("\n    ", out);
    text_print(out, action);
    fputc('\n', out);
}

static void host_doctor_print(const json_t *result, FILE *out)
{
    const json_t *list = json_object_get(result, "clients");

    for (size_t i = 0; i < json_array_size(list); i++) {
        fprintf(out, "%s: ", json_string_or(json_array_get(list, i), "client", ""));
        print_client(json_array_get(list, i), out);
    }
}

const struct cmd_spec cmd_host_doctor = {
    .path = "host doctor",
    .summary = "Try what the coding agents are configured to start",
    .details = "Each entry is started as its agent would, and asked for its tools. Exit status 1 "
               "when one does not answer as it should.",
    .example = "pyro host doctor",
    .traits = CMD_READ_ONLY,
    .args = host_doctor_rows,
    .args_size = sizeof(struct host_doctor_args),
    .result = host_doctor_result,
    .run = host_doctor_run,
    .print = host_doctor_print,
};
