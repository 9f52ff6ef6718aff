/*
 * What a tool gives a model. Some clients show it the text alone, some the structured form alone:
 * each is complete by itself and says the same. Handles, status and what was left out come first;
 * then what a guest printed, marked as such, rendered as plain text and bounded.
 */
#ifndef PYRO_MCP_RESULT_H
#define PYRO_MCP_RESULT_H

#include "engine/cmd/redaction.h"
#include "engine/mcp/tool.h"

/* {content, structuredContent} of a command's result, new. Where there is more, or it goes on, `next`
 * says with which call to go on. What rendering joins is redacted again. */
json_t *mcp_result(const struct cmd_spec *cmd, const json_t *result,
                   const struct redaction *redaction);
/* The same of a call that has taken so many seconds and goes on. */
json_t *mcp_result_under_way(const struct cmd_spec *cmd, int seconds);
/* {content, isError} of an error, whose text says what to do next; new. */
json_t *mcp_result_of_error(const struct pyro_error *error);

#endif
