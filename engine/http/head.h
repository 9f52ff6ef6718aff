/*
 * What an HTTP request says of itself before its body, and whether it is served at all.
 *
 * Any user of this machine can connect, and any web page that a browser shows can make one connect:
 * so the token is asked of all, and a request whose Host or Origin is not this machine's loopback
 * is refused before it, whatever name an attacker's DNS gave to 127.0.0.1.
 */
#ifndef PYRO_HTTP_HEAD_H
#define PYRO_HTTP_HEAD_H

#include "engine/mcp/message.h"

#define HTTP_PATH "/mcp"

/* NULL: the request does not say. */
struct http_head {
    const char *method, *path; /* borrowed */
    char *host, *origin, *authorization, *content_type, *accept, *session;
    char *content_length, *transfer_encoding;
    char *version, *mcp_method, *mcp_name;
    bool repeated; /* one of them is there twice: which one counts is anybody's guess */
};

/* A refusal before the body is looked at. */
struct http_refusal {
    unsigned status;
    const char *why;
    bool at_once; /* nobody can tell where its body ends: the connection ends with the answer */
};

/* Takes a header, without space around its value; those that are of no interest are dropped. */
void head_take(struct http_head *h, const char *name, const char *value);
void head_release(struct http_head *h);
/* Whether it was sent to this machine's loopback, and by nothing from elsewhere that a browser shows;
 * false: refused, with *ret. */
bool head_is_from_here(const struct http_head *h, struct http_refusal *ret);
/* The same, and has the token, and asks for what there is. */
bool head_is_served(const struct http_head *h, const char *token, struct http_refusal *ret);
/* Whether the client takes a stream of events as an answer. */
bool head_accepts_events(const struct http_head *h);
/* Whether the headers say what the body says; false: MCP_HEADERS, or what is wrong with the version
 * they name. Of a message that could not be read the part that was. */
bool head_fits(const struct http_head *h, const struct mcp_message *m, struct mcp_error *err);

#endif
