/* engine/cmd/table.c: every command, one line each, sorted by path. */
#include "engine/cmd/table.h"

const struct cmd_spec *const cmd_table[] = {
    &cmd_complete, &cmd_markdown, &cmd_commands, &cmd_completion, NULL,
};

const struct cmd_group cmd_groups[] = {
    { NULL, NULL, NULL },
};
