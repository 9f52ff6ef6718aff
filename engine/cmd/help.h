/* --help at every level, and the pieces of it that docs/commands.md shares. */
#ifndef PYRO_CMD_HELP_H
#define PYRO_CMD_HELP_H

#include "engine/cmd/spec.h"
#include "vmm/base/buf.h"

/* Help of pyro itself (NULL) or of a group: the commands and groups right below it. */
void help_group(const struct cmd_group *group, FILE *out);
void help_command(const struct cmd_spec *cmd, FILE *out);

/* "pyro workspace exec WORKSPACE_ID [options] -- CMD..." */
bool help_usage(const struct cmd_spec *cmd, struct buf *ret) MUST_CHECK;
/* "--timeout-seconds N", "WORKSPACE_ID", "-- CMD..." */
bool help_row_name(const struct arg_spec *a, struct buf *ret) MUST_CHECK;
/* "required, 0 to 600 seconds, default 30": what the row demands; empty when nothing. */
bool help_row_limits(const struct arg_spec *a, struct buf *ret) MUST_CHECK;

#endif
