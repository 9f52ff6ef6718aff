/*
 * A command from its filled struct to its result: what the command line and programs' calls have in
 * common. The result is as declared, and neither it nor an error has a secret in it.
 */
#ifndef PYRO_CMD_CALL_H
#define PYRO_CMD_CALL_H

#include "engine/cmd/io.h"
#include "engine/cmd/spec.h"

/* Runs it. The result is the caller's; NULL when it failed. io has been initialised. May block for
 * as long as the command does. */
json_t *cmd_call(const struct cmd_spec *cmd, const void *args, struct cmd_io *io,
                 struct pyro_error *err) MUST_CHECK;
/* Takes the workspace's secrets out of an error: of the arguments, which may be filled in part, or
 * of the command. cmd NULL: none is known. */
void cmd_hide_in_error(const struct cmd_spec *cmd, const void *args, struct cmd_io *io,
                       struct pyro_error *err);

#endif
