/*
 * A line of the Model Context Protocol: JSON-RPC 2.0, in either of its eras. Which one is decided for
 * each message by itself: one whose params have the version in _meta is of the era since 2026-07-28,
 * which knows no handshake and no state; every other is of the one before.
 */
#ifndef PYRO_MCP_MESSAGE_H
#define PYRO_MCP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define MCP_MODERN "2026-07-28"

enum mcp_code {
    MCP_PARSE = -32700,
    MCP_NO_REQUEST = -32600,
    MCP_NO_METHOD = -32601,
    MCP_PARAMS = -32602,
    MCP_INTERNAL = -32603,
    MCP_HEADERS = -32020, /* those of HTTP say something else */
    MCP_VERSION = -32022
};

#define MCP_LEGACY "2025-11-25" /* the newest with a handshake */
/* Whether it is a version with a handshake that is served. */
bool mcp_is_legacy(const char *version);

/* An error of the protocol, as opposed to one of a tool. */
struct mcp_error {
    enum mcp_code code;
    char message[200];
};

/* Everything is borrowed from `json`. */
struct mcp_message {
    json_t *json;
    json_t *id; /* NULL: a notification, or none that is valid */
    const char *method;
    json_t *params;         /* NULL: none */
    json_t *progress_token; /* NULL: it wants no progress */
    bool modern;
    bool is_answer; /* to a request that was never made: of no interest */
};

/* Fills ret as far as things are understood, the id always. Release it in either case. */
bool mcp_message_parse(struct mcp_message *ret, const char *line, size_t n, struct mcp_error *err);
void mcp_message_release(struct mcp_message *m);
bool mcp_fail(struct mcp_error *ret, enum mcp_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
