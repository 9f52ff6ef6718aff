/* What the commands about commands share. */
#ifndef PYRO_COMMANDS_COMMAND_ROWS_H
#define PYRO_COMMANDS_COMMAND_ROWS_H

#include "engine/cmd/spec.h"
#include "engine/commands/rows.h"
#include "engine/workspace/command.h"

/* For a command's struct with the member `sequence`. */
#define ARG_SEQUENCE(S)                                                                            \
    { ARG_ROW_(S, sequence, ARG_TYPE_INT, int64_t),                                                \
      .positional = true,                                                                          \
      .metavar = "SEQUENCE",                                                                       \
      .agent = "",                                                                                 \
      .min = 1,                                                                                    \
      .max = INT32_MAX,                                                                            \
      .help = "The command's number" }

/* The rows of a command's state alone. */
extern const struct row_spec command_state_rows[];

/* The [workspace-command-VERB] line; MORE: "" or "member ". */
#define COMMAND_TOLD(VERB, MORE)                                                                   \
    "workspace-command-" VERB                                                                      \
    " workspace_id sequence state cwd exit_code duration_ms timed_out? " MORE "execution_mode"

#endif
