/*
 * `pyro mcp serve`: the Model Context Protocol on a pair of pipes, for coding agents.
 *
 * message.h reads what comes, tool.h makes tools of the command table, result.h bounds what a model
 * sees; engine/api's door and calls do the rest, so a slow tool holds up nothing, and initialize and
 * tools/list touch no machine. Both eras of the protocol are served by one process, chosen message
 * by message; nothing depends on what came before. All state is in handles: workspaces live on.
 *
 * A call takes at most MCP_WAIT_MS_MAX: then its answer is that it goes on, and it does.
 */
#ifndef PYRO_MCP_MCP_H
#define PYRO_MCP_MCP_H

#include "engine/mcp/tool.h"

struct mcp_serving {
    enum mcp_profile profile;
    const char *project;  /* what a workspace begins with by itself; NULL: nothing */
    const char *log_file; /* NULL: none */
};

/* Serves until the client is done; *ret_signal is the signal that ended it, or 0. */
bool mcp_serve(int in_fd, int out_fd, const struct mcp_serving *serving, int *ret_signal,
               struct pyro_error *err) MUST_CHECK;

#endif
