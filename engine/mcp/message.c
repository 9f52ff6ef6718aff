/* engine/mcp/message.c: what is a message, and of which era. */
#include "engine/mcp/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "vmm/base/json.h"

#define META "io.modelcontextprotocol/"

bool mcp_fail(struct mcp_error *ret, enum mcp_code code, const char *fmt, ...)
{
    va_list args;

    ret->code = code;
    va_start(args, fmt);
    vsnprintf(ret->message, sizeof(ret->message), fmt, args);
    va_end(args);
    return false;
}

bool mcp_is_legacy(const char *version)
{
    static const char *const versions[] = { "2024-11-05", "2025-03-26", "2025-06-18", MCP_LEGACY };

    for (size_t i = 0; i < ARRAY_SIZE(versions); i++)
        if (!strcmp(versions[i], version))
            return true;
    return false;
}

static bool is_token(const json_t *v)
{
    return json_is_string(v) || json_is_integer(v);
}

/* What every message of the modern era says of itself. */
static bool take_meta(struct mcp_message *m, struct mcp_error *err)
{
    const json_t *meta = json_object_get(m->params, "_meta");
    const json_t *version = json_object_get(meta, META "protocolVersion");
    json_t *token = json_object_get(meta, "progressToken");

    if (is_token(token))
        m->progress_token = token;
    m->modern = version != NULL || (m->method && !strcmp(m->method, "server/discover"));
    if (!m->modern || !m->id)
        return true;
    if (!json_is_string(version))
        return mcp_fail(err, MCP_PARAMS, "_meta has no " META "protocolVersion that is a string");
    if (!json_is_object(json_object_get(meta, META "clientCapabilities")))
        return mcp_fail(err, MCP_PARAMS,
                        "_meta has no " META "clientCapabilities that is an object");
    if (strcmp(json_string_value(version), MCP_MODERN) != 0)
        return mcp_fail(err, MCP_VERSION, "the protocol's version is not supported");
    return true;
}

static bool take_members(struct mcp_message *m, struct mcp_error *err)
{
    const json_t *version = json_object_get(m->json, "jsonrpc");
    json_t *id = json_object_get(m->json, "id"), *method = json_object_get(m->json, "method");

    if (is_token(id))
        m->id = id;
    if (!json_is_string(version) || strcmp(json_string_value(version), "2.0") != 0)
        return mcp_fail(err, MCP_NO_REQUEST, "the message is not JSON-RPC 2.0");
    if (!method && (json_object_get(m->json, "result") || json_object_get(m->json, "error"))) {
        m->is_answer = true;
        return true;
    }
    if (id && !m->id)
        return mcp_fail(err, MCP_NO_REQUEST, "the id is not a string or a whole number");
    m->method = json_string_value(method);
    if (!m->method)
        return mcp_fail(err, MCP_NO_REQUEST, "the message has no method");
    m->params = json_object_get(m->json, "params");
    if (m->params && !json_is_object(m->params))
        return mcp_fail(err, MCP_PARAMS, "the params are not an object");
    return take_meta(m, err);
}

bool mcp_message_parse(struct mcp_message *ret, const char *line, size_t n, struct mcp_error *err)
{
    struct pyro_error why = { 0 };

    *ret = (struct mcp_message){ 0 };
    ret->json = json_parse(line, n, n, &why);
    if (!ret->json) {
        ret->json = json_pack("{s:o?}", "id", json_find_scalar(line, n, "id"));
        ret->id = json_object_get(ret->json, "id");
        if (!is_token(ret->id))
            ret->id = NULL;
        return mcp_fail(err, MCP_PARSE, JSON_NOT_TAKEN, JSON_DEPTH_MAX);
    }
    if (!json_is_object(ret->json))
        return mcp_fail(err, MCP_NO_REQUEST, "the message is not an object");
    return take_members(ret, err);
}

void mcp_message_release(struct mcp_message *m)
{
    json_decref(m->json);
    *m = (struct mcp_message){ 0 };
}
