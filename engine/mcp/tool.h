/*
 * Commands as tools of a model. What a tool is called and what is told of it stands in its command's
 * declaration (`tool` in spec.h); its arguments are the rows marked for agents, its result the
 * members of the command's that the tool names. So a tool is never at odds with its command.
 */
#ifndef PYRO_MCP_TOOL_H
#define PYRO_MCP_TOOL_H

#include "engine/cmd/json_args.h"

enum mcp_profile { MCP_VM_RUN, MCP_CORE, MCP_FULL };
extern const char *const mcp_profiles[]; /* their names, NULL-terminated */

/* Bytes of guest text in a result, when the call names no number and at most. */
#define MCP_TEXT_DEFAULT 8192
#define MCP_TEXT_MAX 65536
/* How long a call may take: many clients give up after a minute. What waits by itself ends before
 * that, and with what there is. */
#define MCP_CALL_MS_MAX 50000
#define MCP_WAIT_MS_MAX 45000

/* The tools of a profile as tools/list has them, new: always the same, in the same order. */
json_t *mcp_tools(enum mcp_profile profile);
/* The command behind a tool of the profile; NULL: there is no such tool. */
const struct cmd_spec *mcp_tool_find(enum mcp_profile profile, const char *name);
/* Fills ret from the arguments of a call; those that are not for agents are unknown. Release it in
 * either case. */
bool mcp_tool_args(struct json_args *ret, const struct cmd_spec *cmd, const json_t *arguments,
                   struct pyro_error *err) MUST_CHECK;
/* What a call gives back of a command's result, new: the members that the tool names. */
json_t *mcp_tool_result(const struct cmd_spec *cmd, const json_t *result);

#endif
