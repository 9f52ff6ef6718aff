/* Shared by the commands about shells: rows of arguments, and their summary. */
#ifndef PYRO_COMMANDS_SHELL_ROWS_H
#define PYRO_COMMANDS_SHELL_ROWS_H

#include "engine/cmd/spec.h"
#include "engine/state/shell_files.h"

#define SHELL_WAIT_MS_MAX (24ll * 3600 * 1000) /* of --max-wait-ms */

#define ARG_SHELL(S, F)                                                                            \
    { ARG_ROW_NAMED_("shell_id", S, F, ARG_TYPE_STR, const char *),                                \
      .positional = true,                                                                          \
      .metavar = "SHELL_ID",                                                                       \
      .agent = "",                                                                                 \
      .complete = COMPLETE_SHELL,                                                                  \
      .help = "The shell's id, for example sh1" }

/* The [workspace-shell-VERB] line of a shell object; MORE: "" or "member ". */
#define SHELL_TOLD(VERB, MORE)                                                                     \
    "workspace-shell-" VERB " workspace_id shell_id state cwd cols rows exit_code " MORE           \
    "execution_mode"

#endif
