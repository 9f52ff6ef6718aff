/* engine/commands/shell_rows.c: what the commands about shells share. */
#include "engine/commands/shell_rows.h"

#include "engine/commands/rows.h"
#include "vmm/base/json.h"

/* NULL for one that is neither. */
static const char *truth(const json_t *value)
{
    return json_is_boolean(value) ? (json_is_true(value) ? "True" : "False") : NULL;
}

void shell_summary(struct cmd_io *io, const char *name, const json_t *shell)
{
    const json_t *exit_code = json_object_get(shell, "exit_code");
    const json_t *at_prompt = json_object_get(shell, "at_prompt");
    const json_t *pasted = json_object_get(shell, "pasted");
    struct number_text cols, rows, code;

    cmd_io_summary(io, name,
                   (const struct summary_item[]){
                       { "workspace_id", json_string_or(shell, "workspace_id", NULL) },
                       { "shell_id", json_string_or(shell, "shell_id", NULL) },
                       { "state", json_string_or(shell, "state", NULL) },
                       { "cwd", json_string_or(shell, "cwd", NULL) },
                       { "cols", number_text(&cols, json_int_or(shell, "cols", 0)) },
                       { "rows", number_text(&rows, json_int_or(shell, "rows", 0)) },
                       { "exit_code", json_is_integer(exit_code)
                                          ? number_text(&code, json_integer_value(exit_code))
                                          : NULL },
                       { "at_prompt", truth(at_prompt) },
                       { "pasted", truth(pasted) },
                       { "execution_mode", json_string_or(shell, "execution_mode", NULL) },
                       { NULL, NULL } });
}
