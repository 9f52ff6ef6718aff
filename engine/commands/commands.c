/* engine/commands/commands.c: the command table itself, for programs that drive pyro. */
#include "engine/cmd/io.h"
#include "engine/cmd/schema.h"
#include "engine/commands/table.h"
#include "vmm/base/json.h"

struct commands_args {
    char unused;
};

static const struct row_spec commands_result[] = {
    RES_STR("version", .help = "Of pyro"),
    RES_INT("count"),
    RES_ANY("commands", .help =
                            "Each with path, summary, details, example, read_only, destructive, "
                            "streaming, interactive, arguments and result"),
    ROW_END,
};

static json_t *commands_run(const void *args UNUSED, struct cmd_io *io UNUSED,
                            struct pyro_error *err UNUSED)
{
    return schema_table();
}

static void commands_print(const json_t *result, FILE *out)
{
    const json_t *list = json_object_get(result, "commands");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *c = json_array_get(list, i);

        fprintf(out, "%-28s %s\n", json_string_or(c, "path", ""), json_string_or(c, "summary", ""));
    }
}

const struct cmd_spec cmd_commands = {
    .path = "commands",
    .summary = "List every command; with --json, the whole command table",
    .example = "pyro commands --json",
    .traits = CMD_READ_ONLY,
    .args_size = sizeof(struct commands_args),
    .result = commands_result,
    .run = commands_run,
    .print = commands_print,
};
