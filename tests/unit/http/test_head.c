/* Who is served, and whether headers say what the body says. */
#include "engine/http/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/base/cleanup.h"

#define TOKEN "0123456789abcdef"

struct pair {
    const char *name, *value;
};

/* A head that is served, but for one header (value NULL: left out). */
static unsigned status_with(const char *method, const char *path, struct pair other)
{
    static const struct pair usual[] = { { "Host", "127.0.0.1:80" },
                                         { "Authorization", "Bearer " TOKEN },
                                         { "Content-Type", "application/json" },
                                         { "Accept", "application/json, text/event-stream" } };
    struct http_head h = { .method = method, .path = path };
    struct http_refusal refusal = { 0 };
    bool served;

    for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
        if (!other.name || strcmp(usual[i].name, other.name) != 0)
            head_take(&h, usual[i].name, usual[i].value);
    if (other.name && other.value)
        head_take(&h, other.name, other.value);
    served = head_is_served(&h, TOKEN, &refusal);
    head_release(&h);
    return served ? 200 : refusal.status;
}

static void test_head_is_served_by_one_header(void **state UNUSED)
{
    static const struct {
        struct pair other;
        unsigned status;
    } cases[] = {
        { { NULL, NULL }, 200 },
        { { "Host", "localhost" }, 200 },
        { { "Host", "[::1]:65535" }, 200 },
        { { "Host", "LocalHost:1 " }, 200 },
        { { "Host", "127.0.0.1:" }, 403 },
        { { "Host", "127.0.0.1:123456" }, 403 },
        { { "Host", "127.0.0.1:8o" }, 403 },
        { { "Host", "127.0.0.11" }, 403 },
        { { "Host", "localhost." }, 403 },
        { { "Host", "" }, 403 },
        { { "Host", NULL }, 403 },
        { { "Origin", "http://localhost:5" }, 200 },
        { { "Origin", "https://[::1]" }, 200 },
        { { "Origin", "HTTP://LOCALHOST" }, 200 },
        { { "Origin", "http://localhost/" }, 403 },
        { { "Origin", "localhost" }, 403 },
        { { "Origin", "file://" }, 403 },
        { { "Origin", "null" }, 403 },
        { { "Origin", "" }, 403 },
        { { "Authorization", "bEARER   " TOKEN "\t" }, 200 },
        { { "Authorization", "Bearer " TOKEN "0" }, 401 },
        { { "Authorization", "Bearer 0123456789abcdeg" }, 401 },
        { { "Authorization", "Bearer" }, 401 },
        { { "Authorization", "Bearer " }, 401 },
        { { "Authorization", TOKEN }, 401 },
        { { "Authorization", NULL }, 401 },
        { { "Content-Type", "Application/JSON ; charset=utf-8" }, 200 },
        { { "Content-Type", "application/jsonx" }, 415 },
        { { "Content-Type", NULL }, 415 },
        { { "Accept", "text/html, application/*;q=0.1" }, 200 },
        { { "Accept", "*/*" }, 200 },
        { { "Accept", NULL }, 200 },
        { { "Accept", "text/event-stream" }, 406 },
        { { "Accept", "" }, 406 },
        { { "Accept", ", ;,application/jso" }, 406 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(status_with("POST", HTTP_PATH, cases[i].other), cases[i].status);
}

static void test_head_is_served_by_method_and_path(void **state UNUSED)
{
    const struct pair none = { NULL, NULL };

    assert_int_equal(status_with("POST", "/mcp/", none), 404);
    assert_int_equal(status_with("GET", HTTP_PATH, none), 405);
    assert_int_equal(status_with("post", HTTP_PATH, none), 405);
    assert_int_equal(status_with("DELETE", HTTP_PATH, (struct pair){ "Content-Type", NULL }), 200);
    assert_int_equal(status_with("DELETE", HTTP_PATH, (struct pair){ "Authorization", NULL }), 401);
}

static void test_head_is_served_not_with_two_of_one(void **state UNUSED)
{
    struct http_head h = { .method = "POST", .path = HTTP_PATH };
    struct http_refusal refusal;

    head_take(&h, "Host", "localhost");
    head_take(&h, "HOST", "localhost");
    head_take(&h, "X-Other", "1");
    head_take(&h, "X-Other", "2");
    assert_true(h.repeated);
    assert_false(head_is_served(&h, TOKEN, &refusal));
    assert_int_equal(refusal.status, 400);
    head_release(&h);
}

/* Where the body ends is told once, in a way that is understood, or by nobody. */
static void test_head_is_served_by_its_end(void **state UNUSED)
{
    static const struct {
        const char *length, *encoding;
        unsigned status;
    } cases[] = { { NULL, "Chunked", 0 }, { NULL, "gzip", 501 },   { NULL, "gzip, chunked", 501 },
                  { "5", NULL, 0 },       { "5", "chunked", 400 }, { "5", "gzip", 400 } };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct http_head h = { .method = "POST", .path = HTTP_PATH };
        struct http_refusal refusal = { 0 };

        head_take(&h, "Host", "localhost");
        if (cases[i].length)
            head_take(&h, "Content-Length", cases[i].length);
        if (cases[i].encoding)
            head_take(&h, "Transfer-Encoding", cases[i].encoding);
        assert_false(head_is_served(&h, TOKEN, &refusal)); /* it has no token */
        assert_int_equal(refusal.at_once, cases[i].status != 0);
        assert_int_equal(refusal.status, cases[i].status ? cases[i].status : 401);
        head_release(&h);
    }
}

static void test_head_accepts_events(void **state UNUSED)
{
    struct http_head all = { 0 }, json = { 0 };

    head_take(&json, "accept", "application/json");
    assert_true(head_accepts_events(&all));
    assert_false(head_accepts_events(&json));
    head_release(&json);
}

#define META                                                                                       \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" MCP_MODERN "\","                   \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define CALL                                                                                       \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"abc\"," META   \
    "}}"
#define PING "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"

static void test_head_fits(void **state UNUSED)
{
    static const struct {
        const char *body;
        const char *version, *method, *name;
        int code; /* 0: it fits */
    } cases[] = {
        { CALL, MCP_MODERN, "tools/call", "abc", 0 },
        { CALL, MCP_MODERN, "tools/call", "=?base64?YWJj?=", 0 },
        { CALL, MCP_MODERN, "tools/call", "=?base64?YWJjZA==?=", MCP_HEADERS },
        { CALL, MCP_MODERN, "tools/call", "=?base64?YWI=?=", MCP_HEADERS },
        { CALL, MCP_MODERN, "tools/call", "=?base64?YWJ?=", MCP_HEADERS },
        { CALL, MCP_MODERN, "tools/call", "=?base64?Y=Jj?=", MCP_HEADERS },
        { CALL, MCP_MODERN, "tools/call", "=?base64?====?=", MCP_HEADERS },
        { CALL, MCP_MODERN, "tools/call",
          "=?base64?"
          "?=",
          MCP_HEADERS },
        { CALL, MCP_MODERN, "tools/call", "=?base64?=", MCP_HEADERS },
        { CALL, MCP_MODERN, "tools/call", NULL, MCP_HEADERS },
        { CALL, MCP_MODERN, "Tools/call", "abc", MCP_HEADERS },
        { CALL, MCP_MODERN, NULL, "abc", MCP_HEADERS },
        { CALL, "2025-11-25", "tools/call", "abc", MCP_HEADERS },
        { CALL, NULL, "tools/call", "abc", MCP_HEADERS },
        { PING, NULL, NULL, NULL, 0 },
        { PING, "2025-03-26", "what/ever", "abc", 0 },
        { PING, MCP_MODERN, "ping", NULL, MCP_PARAMS },
        { PING, "2024-01-01", NULL, NULL, MCP_NO_REQUEST },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct http_head h = { 0 };
        struct mcp_message m;
        struct mcp_error err = { 0 };

        if (cases[i].version)
            head_take(&h, "MCP-Protocol-Version", cases[i].version);
        if (cases[i].method)
            head_take(&h, "Mcp-Method", cases[i].method);
        if (cases[i].name)
            head_take(&h, "Mcp-Name", cases[i].name);
        assert_true(mcp_message_parse(&m, cases[i].body, strlen(cases[i].body), &err));
        assert_int_equal(head_fits(&h, &m, &err), cases[i].code == 0);
        assert_int_equal(err.code, cases[i].code);
        mcp_message_release(&m);
        head_release(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head_is_served_by_one_header),
        cmocka_unit_test(test_head_is_served_by_method_and_path),
        cmocka_unit_test(test_head_is_served_not_with_two_of_one),
        cmocka_unit_test(test_head_is_served_by_its_end),
        cmocka_unit_test(test_head_accepts_events),
        cmocka_unit_test(test_head_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
