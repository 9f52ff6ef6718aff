/* The table as JSON, and as the page docs/commands.md. */
#ifndef PYRO_CMD_SCHEMA_H
#define PYRO_CMD_SCHEMA_H

#include <jansson.h>

#include "engine/cmd/spec.h"
#include "vmm/base/buf.h"

/* One command: path, summary, traits, arguments, result. The caller owns it. */
json_t *schema_command(const struct cmd_spec *cmd);
/* {version, count, commands […]} of all that are not hidden. */
json_t *schema_table(void);
/* The page that documents every command, its arguments and its result. */
bool schema_markdown(struct buf *ret) MUST_CHECK;

#endif
