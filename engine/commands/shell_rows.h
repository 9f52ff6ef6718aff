/* What the commands about shells share: rows of arguments and results, and the summary line. */
#ifndef PYRO_CMD_SHELL_ROWS_H
#define PYRO_CMD_SHELL_ROWS_H

#include "engine/cmd/io.h"
#include "engine/cmd/spec.h"

#define SHELL_WAIT_MS_MAX (24ll * 3600 * 1000) /* of --max-wait-ms */

#define ARG_SHELL(S, F)                                                                            \
    { ARG_ROW_(S, F, ARG_TYPE_STR, const char *), .positional = true, .metavar = "SHELL_ID",       \
      .complete = COMPLETE_SHELL, .help = "The shell's id, for example sh1" }

/* The members of a shell object, for use inside a row array. */
#define RES_SHELL_ROWS                                                                             \
    RES_STR("workspace_id"), RES_STR("shell_id"), RES_STR("state", .choices = shell_states),       \
        RES_STR("cwd", .help = "Where it was opened"), RES_INT("cols"), RES_INT("rows"),           \
        RES_NUM("started_at"), RES_NUM("ended_at", .nullable = true),                              \
        RES_INT("exit_code", .nullable = true,                                                     \
                .help = "128+N when signal N ended it; null while it runs, or when it ended with " \
                        "its VM"),                                                                 \
        RES_STR("execution_mode", .choices = execution_modes)

extern const char *const shell_states[];
/* The shell object alone. */
extern const struct result_spec shell_rows[];

/* The [workspace-shell-VERB] line of a shell object. */
void shell_summary(struct cmd_io *io, const char *name, const json_t *shell);

#endif
