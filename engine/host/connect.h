/*
 * Connecting an agent: its own `mcp add` writes the entry. Before that its file is copied, whatever
 * the agent then does: one that is killed, or ends without the entry, or loses another, gets its
 * file back.
 */
#ifndef PYRO_HOST_CONNECT_H
#define PYRO_HOST_CONNECT_H

#include "engine/host/agent.h"

struct connection {
    char *file;
    char *backup;     /* NULL: there was no file, or nothing was changed */
    char *difference; /* the lines that changed, as diff(1) prints them; may be empty */
    bool changed;
};

/* Blocks as long as the agent takes, a minute a command at most. */
bool agent_connect(const struct agent *a, const json_t *command, struct connection *ret,
                   struct pyro_error *err) MUST_CHECK;
void connection_release(struct connection *c);
#define scoped_connection __attribute__((cleanup(connection_release))) struct connection

#endif
