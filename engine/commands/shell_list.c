/* engine/commands/shell_list.c: the shells of a workspace. */
#include <inttypes.h>

#include "engine/cmd/text.h"
#include "engine/commands/rows.h"
#include "engine/commands/shell_rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/shell/shell.h"

struct shell_list_args {
    const char *workspace;
};

static const struct arg_spec shell_list_rows[] = {
    ARG_WORKSPACE(shell_list_args, workspace),
    ARG_END,
};

static const struct row_spec shell_list_result[] = {
    RES_STR("workspace_id"),
    RES_INT("count"),
    RES_OBJECTS("shells", shell_rows, .help = "In the order they were opened"),
    ROW_END,
};

static json_t *shell_list_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct shell_list_args *a = args;

    return shell_list(a->workspace, err);
}

static void shell_list_print(const json_t *result, FILE *out)
{
    const json_t *list = json_object_get(result, "shells");

    if (!json_array_size(list)) {
        fputs("No shells.\n", out);
        return;
    }
    fprintf(out, "%-9s %-8s %-9s %-9s %-5s %s\n", "SHELL ID", "STATE", "ATTENTION", "SIZE", "EXIT",
            "CWD");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *s = json_array_get(list, i);
        char size[32], code[16] = "-";

        snprintf(size, sizeof(size), "%" PRId64 "x%" PRId64, json_int_or(s, "cols", 0),
                 json_int_or(s, "rows", 0));
        if (json_is_integer(json_object_get(s, "exit_code")))
            snprintf(code, sizeof(code), "%" PRId64, json_int_or(s, "exit_code", 0));
        fprintf(out, "%-9s %-8s %-9s %-9s %-5s ", json_string_or(s, "shell_id", ""),
                json_string_or(s, "state", ""), show_attention(s), size, code);
        text_print(out, json_string_or(s, "cwd", ""));
        fputc('\n', out);
    }
}

const struct cmd_spec cmd_shell_list = {
    .path = "workspace shell list",
    .summary = "List a workspace's shells, including those that have ended",
    .example = "pyro workspace shell list demo",
    .traits = CMD_READ_ONLY,
    .tool = TOOL("shell_list", "List shells", "List the shells of a workspace.", 0,
                 "count shells.shell_id shells.state shells.exit_code shells.cwd"),
    .args = shell_list_rows,
    .args_size = sizeof(struct shell_list_args),
    .result = shell_list_result,
    .run = shell_list_run,
    .print = shell_list_print,
};
