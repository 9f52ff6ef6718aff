/*
 * Results that came when nobody waited for them any more: of calls that took too long. The same call
 * takes its result, which is then gone; beyond KEPT_MAX the oldest are dropped.
 */
#ifndef PYRO_MCP_KEPT_H
#define PYRO_MCP_KEPT_H

#include "engine/cmd/spec.h"

#define KEPT_MAX 16

/* What makes two calls the same. */
struct mcp_key {
    const struct cmd_spec *cmd;
    json_t *arguments;
    bool modern;
};
struct kept {
    struct kept_result {
        struct mcp_key key;
        int fd; /* a file with the result */
    } results[KEPT_MAX];
    size_t count; /* the oldest first */
};

bool mcp_key_equal(const struct mcp_key *a, const struct mcp_key *b);
void kept_release(struct kept *k);
/* Takes the descriptor; the arguments are shared. */
void kept_put(struct kept *k, const struct mcp_key *key, int fd);
/* The descriptor, now the caller's; -1: there is none. */
int kept_take(struct kept *k, const struct mcp_key *key);

#endif
