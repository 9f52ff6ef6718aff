/* The commands' declarations, for the table alone. */
#ifndef PYRO_CMD_TABLE_H
#define PYRO_CMD_TABLE_H

#include "engine/cmd/spec.h"

extern const struct cmd_spec cmd_commands, cmd_complete, cmd_completion, cmd_markdown;

#endif
