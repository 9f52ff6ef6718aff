/* tests/unit/base/test_link.c: streams, credit, messages; both ends in one loop. */
#include <string.h>

#include "tests/unit/link_fixture.h"

static void test_reply(void **state UNUSED)
{
    for (int i = 1; i <= 3; i++) {
        open_stream("reply");
        run_links();
        assert_true(client.closed);
        assert_null(client.stream.link);
        assert_int_equal(json_int_or(client.result, "answer", 0), 42);
        assert_int_equal(server.opened, i);
    }
}

static void test_refuse_carries_the_error(void **state UNUSED)
{
    struct pyro_error err = { 0 };

    open_stream("refuse");
    run_links();
    assert_true(client.closed);
    assert_false(error_from_result(client.result, &err));
    assert_int_equal(err.code, PYRO_NO_SPACE);
    assert_string_equal(err.message, "no room for it");
    assert_string_equal(err.hint, "make some");
}

static void test_close_and_cancel(void **state UNUSED)
{
    scoped_json json_t *result = json_pack("{s:i}", "n", 7);

    open_stream("keep");
    run_links();
    stream_close(&server.stream, result);
    run_links();
    assert_true(client.closed);
    assert_int_equal(json_int_or(client.result, "n", 0), 7);
    assert_false(server.cancelled);

    open_stream("keep");
    run_links();
    client.closed = false;
    stream_close(&client.stream, NULL);
    stream_close(&client.stream, NULL); /* nothing */
    run_links();
    assert_false(client.closed); /* not told of what it did itself */
    assert_true(server.cancelled);
    assert_int_equal(server.closed_why.code, PYRO_INTERRUPTED);
    assert_false(client.lost || server.lost);
}

/* Both sides close at once: frames of a finished stream are not a breach. */
static void test_close_crosses_data(void **state UNUSED)
{
    open_stream("keep");
    run_links();
    assert_int_equal(stream_send(&client.stream, WIRE_STDIN, "abc", 3), 3);
    assert_true(stream_end(&client.stream, WIRE_STDIN));
    stream_close(&server.stream, NULL);
    assert_int_equal(stream_send(&server.stream, WIRE_STDOUT, "abc", 3), 0);
    run_links();
    assert_true(client.closed);
    assert_false(client.lost || server.lost);
}

static void test_credit_bounds_each_direction(void **state UNUSED)
{
    open_stream("keep");
    run_links();
    client.consume = server.consume = false;
    server.to_send = client.to_send = 5 * WIRE_CREDIT;
    send_more(&server.stream, &server.sent, server.to_send);
    send_more(&client.stream, &client.sent, client.to_send);
    run_links();
    assert_int_equal(client.received, WIRE_CREDIT);
    assert_int_equal(server.received, WIRE_CREDIT);
    assert_int_equal(stream_room(&server.stream), 0);
    client.consume = server.consume = true;
    stream_consumed(&client.stream, WIRE_CREDIT);
    stream_consumed(&server.stream, WIRE_CREDIT);
    run_links();
    assert_int_equal(client.received, 5 * WIRE_CREDIT);
    assert_int_equal(server.received, 5 * WIRE_CREDIT);
    assert_true(stream_end(&client.stream, WIRE_STDIN));
    run_links();
    assert_true(server.ended);
}

static void test_a_stalled_stream_stalls_itself_only(void **state UNUSED)
{
    struct stream stalled;

    open_stream("keep");
    run_links();
    client.consume = false;
    server.to_send = 2 * WIRE_CREDIT;
    send_more(&server.stream, &server.sent, server.to_send);
    run_links();
    assert_int_equal(client.received, WIRE_CREDIT);
    stalled = client.stream;
    (void)stalled;
    /* A second request goes through beside it. */
    {
        struct stream other;
        scoped_json json_t *request = json_pack("{s:s}", "op", "reply");
        struct pyro_error err = { 0 };
        assert_true(stream_open(client.link, &other, request, &client_stream_ops, NULL, &err));
        run_links();
        assert_null(other.link);
        assert_int_equal(json_int_or(client.result, "answer", 0), 42);
    }
}

static void test_message_in_pieces(void **state UNUSED)
{
    scoped_free char *text = malloc(300001);
    scoped_json json_t *message = NULL;

    memset(text, 'x', 300000);
    text[300000] = '\0';
    message = json_pack("{s:s}", "text", text);
    open_stream("keep");
    run_links();
    assert_true(stream_message(&client.stream, message));
    run_links();
    assert_true(json_equal(server.message, message));
}

static void test_request_too_large(void **state UNUSED)
{
    scoped_free char *text = malloc(JSON_BYTES_MAX + 1);
    scoped_json json_t *request = NULL;
    struct pyro_error err = { 0 };

    memset(text, 'x', JSON_BYTES_MAX);
    text[JSON_BYTES_MAX] = '\0';
    request = json_pack("{s:s, s:s}", "op", "reply", "text", text);
    assert_false(stream_open(client.link, &client.stream, request, &client_stream_ops, NULL, &err));
    assert_null(client.stream.link);
    run_links();
    assert_false(server.lost);
    open_stream("reply");
    run_links();
    assert_true(client.closed);
}

static void test_peer_gone(void **state UNUSED)
{
    open_stream("keep");
    run_links();
    link_free(server.link);
    server.link = NULL;
    run_links();
    assert_true(client.closed && client.lost);
    assert_int_equal(client.closed_why.code, PYRO_GUEST_LOST);
    assert_int_equal(client.why.code, PYRO_GUEST_LOST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_links, tear_down_links)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_reply),
        TEST(test_refuse_carries_the_error),
        TEST(test_close_and_cancel),
        TEST(test_close_crosses_data),
        TEST(test_credit_bounds_each_direction),
        TEST(test_a_stalled_stream_stalls_itself_only),
        TEST(test_message_in_pieces),
        TEST(test_request_too_large),
        TEST(test_peer_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
