/* Ids of many clients, as numbers of one, and back. */
#include "engine/http/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/base/cleanup.h"

#define MODERN                                                                                     \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" MCP_MODERN "\","                   \
    "\"io.modelcontextprotocol/clientCapabilities\":{},\"progressToken\":\"t\"}"

static struct exchange *begin(struct exchanges *all, const char *text, const char *session,
                              bool events, char **ret_line)
{
    struct mcp_message m;
    struct mcp_error err;
    struct exchange *x;

    assert_true(mcp_message_parse(&m, text, strlen(text), &err));
    x = exchange_begin(all, &m, session, events, ret_line);
    mcp_message_release(&m);
    return x;
}

static bool take(struct exchanges *all, const char *line, struct exchange_news *ret)
{
    return exchange_take(all, line, strlen(line), ret);
}

static void test_exchange_begin_gives_each_a_number(void **state UNUSED)
{
    static const char text[] = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}";
    scoped_free char *first = NULL, *second = NULL;
    struct exchanges all = { 0 };
    struct exchange_news news;

    begin(&all, text, NULL, true, &first);
    begin(&all, text, NULL, true, &second);
    assert_string_equal(first, "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"ping\"}\n");
    assert_string_equal(second, "{\"id\":2,\"jsonrpc\":\"2.0\",\"method\":\"ping\"}\n");
    assert_true(take(&all, "{\"id\":1,\"jsonrpc\":\"2.0\",\"result\":{\"id\":2}}", &news));
    assert_string_equal(news.text, "{\"id\":7,\"jsonrpc\":\"2.0\",\"result\":{\"id\":2}}\n");
    assert_int_equal(news.exchange->number, 1);
    assert_true(news.is_answer && !news.failed && news.status == 200);
    free(news.text);
    assert_false(take(&all, "{\"id\":3,\"jsonrpc\":\"2.0\",\"result\":{}}", &news));
    assert_false(take(&all, "{\"id\":\"1\",\"jsonrpc\":\"2.0\",\"result\":{}}", &news));
    assert_false(take(&all, "no JSON", &news));
    exchanges_release(&all);
    assert_int_equal(all.count, 0);
}

static void test_exchange_take_gives_back_the_token(void **state UNUSED)
{
    static const char text[] =
        "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"tools/call\",\"params\":{" MODERN "}}";
    static const char progress[] = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\","
                                   "\"params\":{\"progress\":1,\"progressToken\":%d}}";
    scoped_free char *with = NULL, *without = NULL;
    struct exchanges all = { 0 };
    struct exchange_news news;
    char line[200];

    assert_true(begin(&all, text, NULL, true, &with)->modern);
    begin(&all, text, NULL, false, &without);
    assert_non_null(strstr(with, "\"progressToken\":1"));
    assert_null(strstr(without, "progressToken"));
    snprintf(line, sizeof(line), progress, 1);
    assert_true(take(&all, line, &news));
    assert_false(news.is_answer);
    assert_non_null(strstr(news.text, "\"progressToken\":\"t\""));
    free(news.text);
    snprintf(line, sizeof(line), progress, 2);
    assert_false(take(&all, line, &news));
    exchanges_release(&all);
}

static void test_exchange_take_says_the_status(void **state UNUSED)
{
    static const char modern[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" MODERN "}}";
    static const char legacy[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";
    static const struct {
        const char *text;
        int code;
        unsigned status;
    } cases[] = {
        { modern, MCP_NO_METHOD, 404 }, { modern, MCP_PARAMS, 400 },
        { modern, MCP_VERSION, 400 },   { modern, MCP_INTERNAL, 500 },
        { legacy, MCP_NO_METHOD, 200 }, { legacy, MCP_PARAMS, 200 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_free char *line = NULL;
        struct exchanges all = { 0 };
        struct exchange_news news;
        char answer[100];

        begin(&all, cases[i].text, NULL, false, &line);
        snprintf(answer, sizeof(answer), "{\"error\":{\"code\":%d},\"id\":1,\"jsonrpc\":\"2.0\"}",
                 cases[i].code);
        assert_true(take(&all, answer, &news));
        assert_int_equal(news.status, cases[i].status);
        assert_true(news.failed);
        free(news.text);
        exchanges_release(&all);
    }
}

static void test_exchange_find_is_by_session(void **state UNUSED)
{
    static const char text[] = "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"ping\"}";
    scoped_free char *one = NULL, *two = NULL, *cancel = NULL;
    struct exchanges all = { 0 };
    json_t *id = json_string("x");
    struct exchange *mine;

    begin(&all, text, NULL, false, &one);
    mine = begin(&all, text, "mine", false, &two);
    assert_ptr_equal(exchange_find(&all, "mine", id), mine);
    assert_null(exchange_find(&all, "yours", id));
    assert_null(exchange_find(&all, "mine", NULL));
    cancel = exchange_cancel_line(mine);
    assert_string_equal(cancel, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                                "\"params\":{\"requestId\":2}}\n");
    exchange_end(&all, mine);
    assert_null(exchange_find(&all, "mine", id));
    assert_int_equal(all.count, 1);
    exchanges_release(&all);
    json_decref(id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchange_begin_gives_each_a_number),
        cmocka_unit_test(test_exchange_take_gives_back_the_token),
        cmocka_unit_test(test_exchange_take_says_the_status),
        cmocka_unit_test(test_exchange_find_is_by_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
