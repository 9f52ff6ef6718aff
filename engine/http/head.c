/* engine/http/head.c: names of headers, and one rule after the other. */
#include "engine/http/head.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "vmm/base/base64.h"
#include "vmm/base/json.h"

#define NAME_BYTES_MAX 4096 /* of an Mcp-Name */

/* ---- what is taken ---- */

static const struct {
    const char *name;
    size_t at;
} taken[] = {
    { "Host", offsetof(struct http_head, host) },
    { "Origin", offsetof(struct http_head, origin) },
    { "Authorization", offsetof(struct http_head, authorization) },
    { "Content-Type", offsetof(struct http_head, content_type) },
    { "Content-Length", offsetof(struct http_head, content_length) },
    { "Transfer-Encoding", offsetof(struct http_head, transfer_encoding) },
    { "Accept", offsetof(struct http_head, accept) },
    { "Mcp-Session-Id", offsetof(struct http_head, session) },
    { "MCP-Protocol-Version", offsetof(struct http_head, version) },
    { "Mcp-Method", offsetof(struct http_head, mcp_method) },
    { "Mcp-Name", offsetof(struct http_head, mcp_name) },
};

static char **field_of(struct http_head *h, size_t i)
{
    return (char **)(void *)((char *)h + taken[i].at);
}

void head_take(struct http_head *h, const char *name, const char *value)
{
    const char *from = value ? value + strspn(value, " \t") : "";
    size_t n = strlen(from);

    while (n && strchr(" \t", from[n - 1]))
        n--;
    for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
        char **field = field_of(h, i);

        if (strcasecmp(taken[i].name, name) != 0)
            continue;
        h->repeated |= *field != NULL;
        free(*field);
        *field = strndup(from, n);
        BUG_ON(!*field);
    }
}

void head_release(struct http_head *h)
{
    for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
        char **field = field_of(h, i);

        if (*field)
            explicit_bzero(*field, strlen(*field)); /* one is the token */
        free(*field);
        *field = NULL;
    }
}

/* ---- who asks ---- */

/* NAME or NAME:PORT, of this machine's loopback. */
static bool is_loopback(const char *authority)
{
    static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *rest = authority + strlen(names[i]);

        if (strncasecmp(authority, names[i], strlen(names[i])) != 0)
            continue;
        if (*rest == ':')
            return rest[1] && strlen(rest + 1) <= 5 && !rest[1 + strspn(rest + 1, "0123456789")];
        return !*rest;
    }
    return false;
}

static bool is_own_origin(const char *origin)
{
    if (!strncasecmp(origin, "http://", 7))
        return is_loopback(origin + 7);
    return !strncasecmp(origin, "https://", 8) && is_loopback(origin + 8);
}

/* Takes as long for a token that is nearly right as for one that is not. */
static bool is_token(const char *authorization, const char *token)
{
    size_t n = strlen(token);
    unsigned char differs = 0;

    if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0)
        return false;
    authorization += 7 + strspn(authorization + 7, " ");
    if (strlen(authorization) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        differs |= (unsigned char)(authorization[i] ^ token[i]);
    return !differs;
}

/* ---- what is asked for ---- */

/* Whether a list of media types ("a/b;q=1, c/d") has this one, or one that stands for it. */
static bool lists(const char *list, const char *type)
{
    size_t family = (size_t)(strchr(type, '/') - type) + 1;

    while (*list) {
        const char *item = list + strspn(list, " \t,");
        size_t n = strcspn(item, " \t;,");

        if ((n == strlen(type) && !strncasecmp(item, type, n)) ||
            (n == 3 && !memcmp(item, "*/*", 3)) ||
            (n == family + 1 && item[family] == '*' && !strncasecmp(item, type, family)))
            return true;
        item += n;
        list = item + strcspn(item, ",");
    }
    return false;
}

bool head_accepts_events(const struct http_head *h)
{
    return !h->accept || lists(h->accept, "text/event-stream");
}

static bool refuse(struct http_refusal *ret, unsigned status, const char *why)
{
    *ret = (struct http_refusal){ .status = status, .why = why };
    return false;
}

/* Whether there is one way only to tell where the body ends (RFC 9112, 6.1 and 6.3). */
static bool has_an_end(const struct http_head *h, struct http_refusal *ret)
{
    const char *encoding = h->transfer_encoding;

    if (h->repeated)
        return refuse(ret, 400, "a header is there twice");
    if (encoding && h->content_length)
        return refuse(ret, 400, "Content-Length and Transfer-Encoding are both there");
    return !encoding || !strcasecmp(encoding, "chunked") ||
           refuse(ret, 501, "the Transfer-Encoding is not chunked");
}

bool head_is_from_here(const struct http_head *h, struct http_refusal *ret)
{
    if (!h->host || !is_loopback(h->host))
        return refuse(ret, 403, "the Host is not this machine's loopback");
    if (h->origin && !is_own_origin(h->origin))
        return refuse(ret, 403, "the Origin is not this machine's loopback");
    if (!has_an_end(h, ret)) {
        ret->at_once = true;
        return false;
    }
    return true;
}

bool head_is_served(const struct http_head *h, const char *token, struct http_refusal *ret)
{
    if (!head_is_from_here(h, ret))
        return false;
    if (!is_token(h->authorization, token))
        return refuse(ret, 401, "the bearer token is missing or wrong");
    if (strcmp(h->path, HTTP_PATH) != 0)
        return refuse(ret, 404, "there is nothing but " HTTP_PATH);
    if (!strcmp(h->method, "DELETE"))
        return true;
    if (strcmp(h->method, "POST") != 0)
        return refuse(ret, 405, "a message is sent by POST, and a session ended by DELETE");
    if (!h->content_type || !lists(h->content_type, "application/json"))
        return refuse(ret, 415, "the Content-Type is not application/json");
    if (h->accept && !lists(h->accept, "application/json"))
        return refuse(ret, 406, "the answer is application/json, which Accept does not list");
    return true;
}

/* ---- headers and body ---- */

/* A header's value is what the body says, as it is or in "=?base64?...?=". */
static bool says(const char *header, const char *wanted)
{
    static const char prefix[] = "=?base64?";
    size_t n = header ? strlen(header) : 0, before = sizeof(prefix) - 1;
    scoped_buf decoded = BUF_INIT(NAME_BYTES_MAX);

    if (!header)
        return false;
    if (n < before + 2 || memcmp(header, prefix, before) != 0 || strcmp(header + n - 2, "?=") != 0)
        return !strcmp(header, wanted);
    return base64_decode(&decoded, header + before, n - before - 2) &&
           decoded.len == strlen(wanted) &&
           !memcmp(decoded.data ? decoded.data : "", wanted, decoded.len);
}

/* The member of params that Mcp-Name repeats; NULL: the method has none. */
static const char *named_by(const char *method)
{
    static const char *const names[][2] = { { "tools/call", "name" },
                                            { "prompts/get", "name" },
                                            { "resources/read", "uri" } };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(names[i][0], method))
            return names[i][1];
    return NULL;
}

static bool fits_modern(const struct http_head *h, const struct mcp_message *m,
                        struct mcp_error *err)
{
    const char *version = json_string_or(json_object_get(m->params, "_meta"),
                                         "io.modelcontextprotocol/protocolVersion", NULL);
    const char *member = named_by(m->method);
    const char *name = member ? json_string_or(m->params, member, NULL) : NULL;

    if (version && (!h->version || strcmp(h->version, version) != 0))
        return mcp_fail(err, MCP_HEADERS, "the header MCP-Protocol-Version is not what _meta says");
    if (!says(h->mcp_method, m->method))
        return mcp_fail(err, MCP_HEADERS, "the header Mcp-Method is not the method");
    if (name && !says(h->mcp_name, name))
        return mcp_fail(err, MCP_HEADERS, "the header Mcp-Name is not the %s", member);
    return true;
}

bool head_fits(const struct http_head *h, const struct mcp_message *m, struct mcp_error *err)
{
    if (!m->method)
        return true;
    if (m->modern)
        return fits_modern(h, m, err);
    if (!h->version || !strcmp(m->method, "initialize") || mcp_is_legacy(h->version))
        return true;
    if (!strcmp(h->version, MCP_MODERN))
        return !m->id || mcp_fail(err, MCP_PARAMS,
                                  "_meta does not say what the header "
                                  "MCP-Protocol-Version says");
    return mcp_fail(err, MCP_NO_REQUEST,
                    "the header MCP-Protocol-Version names none that is known");
}
