/* What is a message, of which era, and with which error. */
#include "engine/mcp/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/base/cleanup.h"

#define META(V)                                                                                    \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" V "\","                            \
    "\"io.modelcontextprotocol/clientCapabilities\":{},\"progressToken\":7}"

static void test_mcp_message_parse_tells_the_eras_apart(void **state UNUSED)
{
    static const struct {
        const char *line;
        bool modern, is_request, has_token;
    } cases[] = {
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", false, true, false },
        { "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"tools/list\",\"params\":{}}", false, true,
          false },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" META(
              MCP_MODERN) "}}",
          true, true, true },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"_meta\":"
          "{\"progressToken\":\"t\"}}}",
          false, true, true },
        { "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", false, false, false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct mcp_message m;
        struct mcp_error err;

        assert_true(mcp_message_parse(&m, cases[i].line, strlen(cases[i].line), &err));
        assert_int_equal(m.modern, cases[i].modern);
        assert_int_equal(m.id != NULL, cases[i].is_request);
        assert_int_equal(m.progress_token != NULL, cases[i].has_token);
        assert_non_null(m.method);
        mcp_message_release(&m);
    }
}

static void test_mcp_message_parse_refuses_the_rest(void **state UNUSED)
{
    static const struct {
        const char *line;
        enum mcp_code code;
    } cases[] = {
        { "", MCP_PARSE },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}", MCP_PARSE },
        { "[]", MCP_NO_REQUEST },
        { "{}", MCP_NO_REQUEST },
        { "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", MCP_NO_REQUEST },
        { "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", MCP_NO_REQUEST },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}", MCP_NO_REQUEST },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":5}", MCP_PARAMS },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\"}", MCP_PARAMS },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{" META("2030-01-01") "}}",
          MCP_VERSION },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct mcp_message m;
        struct mcp_error err = { 0 };

        assert_false(mcp_message_parse(&m, cases[i].line, strlen(cases[i].line), &err));
        assert_int_equal(err.code, cases[i].code);
        assert_true(err.message[0] != '\0');
        mcp_message_release(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mcp_message_parse_tells_the_eras_apart),
        cmocka_unit_test(test_mcp_message_parse_refuses_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
