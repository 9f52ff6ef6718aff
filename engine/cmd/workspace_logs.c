/* engine/cmd/workspace_logs.c: the commands a workspace ran, with what they printed. */
#include <inttypes.h>
#include <string.h>

#include "engine/cmd/io.h"
#include "engine/cmd/rows.h"
#include "engine/cmd/show.h"
#include "engine/cmd/table.h"
#include "engine/cmd/text.h"
#include "engine/workspace/workspace.h"

struct workspace_logs_args {
    const char *workspace;
};

static const struct arg_spec workspace_logs_rows[] = {
    ARG_WORKSPACE(workspace_logs_args, workspace),
    ARG_END,
};

static const struct result_spec entry_rows[] = {
    RES_INT("sequence", .help = "From 1"),
    RES_STRINGS("command"),
    RES_STR("cwd"),
    RES_INT("exit_code"),
    RES_BOOL("timed_out"),
    RES_INT("duration_ms"),
    RES_STR("execution_mode", .choices = execution_modes),
    RES_OUTPUT_ROWS,
    RES_NUM("recorded_at"),
    RES_STR("error", .nullable = true, .help = "Why the command was cut short"),
    RES_END,
};

static const struct result_spec workspace_logs_result[] = {
    RES_STR("workspace_id"),
    RES_INT("count"),
    RES_OBJECTS("entries", entry_rows, .help = "By sequence"),
    RES_END,
};

static bool workspace_logs_run(const void *args, struct cmd_io *io UNUSED, json_t **ret_result,
                               struct pyro_error *err)
{
    const struct workspace_logs_args *a = args;

    *ret_result = workspace_logs(a->workspace, err);
    return *ret_result != NULL;
}

/* A stored output, ending with a newline. */
static void print_output(const json_t *entry, const char *name, const char *cut, FILE *out)
{
    const char *text = json_string_or(entry, name, "");
    size_t n = strlen(text);

    text_print_lines(out, text);
    if (n && text[n - 1] != '\n')
        fputc('\n', out);
    if (json_bool_or(entry, cut, false))
        fprintf(out, "[more was there than is kept]\n");
}

static void workspace_logs_print(const json_t *result, FILE *out)
{
    const json_t *list = json_object_get(result, "entries");

    if (!json_array_size(list))
        fputs("No commands yet.\n", out);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *e = json_array_get(list, i);

        fprintf(out, "%s[%" PRId64 "] ", i ? "\n" : "", json_int_or(e, "sequence", 0));
        show_command(out, json_object_get(e, "command"));
        fputs(" (cwd=", out);
        text_print(out, json_string_or(e, "cwd", ""));
        fprintf(out, " exit_code=%" PRId64 " duration_ms=%" PRId64 "%s)\n",
                json_int_or(e, "exit_code", 0), json_int_or(e, "duration_ms", 0),
                json_bool_or(e, "timed_out", false) ? " timed_out=True" : "");
        print_output(e, "stdout", "stdout_truncated", out);
        print_output(e, "stderr", "stderr_truncated", out);
        show_line(out, "Error", json_string_or(e, "error", NULL));
    }
}

const struct cmd_spec cmd_workspace_logs = {
    .path = "workspace logs",
    .summary = "Show the commands a workspace ran and what they printed",
    .example = "pyro workspace logs demo",
    .traits = CMD_READ_ONLY,
    .args = workspace_logs_rows,
    .args_size = sizeof(struct workspace_logs_args),
    .result = workspace_logs_result,
    .run = workspace_logs_run,
    .print = workspace_logs_print,
};
