/* tests/unit/base/test_link_breach.c: a peer that breaks the rules, or stalls for good. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/link_fixture.h"
#include "vmm/base/fs.h"
#include "vmm/base/sock.h"

/* A server whose client is a bare descriptor. */
static int raw_client(void)
{
    int fds[2];

    link_free(client.link);
    client.link = NULL;
    link_free(server.link);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) | 0, 0);
    server.link = link_new(loop, fds[1], LINK_SOCKET, &server_ops, NULL, NULL);
    assert_non_null(server.link);
    server.lost = false;
    server.cancelled = false;
    return fds[0];
}

static void test_breaches_of_an_opener(void **state UNUSED)
{
    static const struct raw keep = { 5, WIRE_OPEN, 0, 0, "{\"op\":\"keep\"}", 0 };
    static const struct raw cases[][2] = {
        { { 6, WIRE_DATA, 0, 0, "x", 0 } }, /* unknown stream */
        { { 6, WIRE_CLOSE, 0, 0, "{}", 0 } },
        { { 6, WIRE_GRANT, 0, 0, "\1\1\1\1", 0 } },
        { { 5, WIRE_OPEN, 0, 0, "{\"op\":\"keep\"}", 0 } }, /* id twice */
        { { 4, WIRE_OPEN, 0, 0, "{\"op\":\"keep\"}", 0 } }, /* id below */
        { { 6, WIRE_OPEN, 0, 0, "[]", 0 } },                /* no object */
        { { 6, WIRE_OPEN, 0, 0, "{", 0 } },                 /* no JSON */
        { { 6, WIRE_OPEN, 0, 0, "{\"a\":1,\"a\":2}", 0 } }, /* a key twice */
        { { 5, WIRE_GRANT, 0, 0, "\1\0\0", 4 } },           /* more than the window */
        { { 6, WIRE_OPEN, 0, WIRE_MORE, "{", 0 }, { 5, WIRE_DATA, 0, 0, "x", 0 } },
        { { 6, WIRE_OPEN, 0, WIRE_MORE, "{", 0 }, { 7, WIRE_OPEN, 0, 0, "}", 0 } },
        { { 5, 99, 0, 0, "x", 0 } },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int fd = raw_client();
        write_raw(fd, &keep);
        run_links();
        assert_false(server.lost);
        for (int k = 0; k < 2 && cases[i][k].type; k++)
            write_raw(fd, &cases[i][k]);
        run_links();
        assert_true(server.lost);
        assert_true(server.cancelled);
        assert_int_equal(server.why.code, PYRO_GUEST_PROTOCOL);
        assert_null(server.link);
        close(fd);
    }
}

static void test_data_beyond_the_credit(void **state UNUSED)
{
    static const struct raw keep = { 1, WIRE_OPEN, 0, 0, "{\"op\":\"keep\"}", 0 };
    static const struct raw full = { 1, WIRE_DATA, 0, 0, "x", WIRE_PAYLOAD_MAX };
    static const struct raw one = { 1, WIRE_DATA, 0, 0, "x", 0 };
    int fd = raw_client();

    server.consume = false;
    write_raw(fd, &keep);
    for (int i = 0; i < WIRE_CREDIT / WIRE_PAYLOAD_MAX; i++) {
        write_raw(fd, &full);
        run_links();
    }
    assert_false(server.lost);
    assert_int_equal(server.received, WIRE_CREDIT);
    write_raw(fd, &one);
    run_links();
    assert_true(server.lost);
    assert_int_equal(server.received, WIRE_CREDIT);
    close(fd);
}

static void test_json_over_the_limit_in_pieces(void **state UNUSED)
{
    static const struct raw piece = { 1, WIRE_OPEN, 0, WIRE_MORE, "{", WIRE_PAYLOAD_MAX };
    int fd = raw_client();

    for (int i = 0; i <= JSON_BYTES_MAX / WIRE_PAYLOAD_MAX && !server.lost; i++) {
        write_raw(fd, &piece);
        run_links();
    }
    assert_true(server.lost);
    assert_int_equal(server.opened, 0);
    close(fd);
}

static void test_streams_opened_from_the_wrong_side(void **state UNUSED)
{
    static const struct raw open_frame = { 1, WIRE_OPEN, 0, 0, "{\"op\":\"x\"}", 0 };
    int fds[2];

    link_free(client.link);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    client.link = link_new(loop, fds[0], LINK_SOCKET, &client_ops, NULL, NULL);
    write_raw(fds[1], &open_frame);
    run_links();
    assert_true(client.lost);
    assert_int_equal(client.why.code, PYRO_GUEST_PROTOCOL);
    close(fds[1]);
}

/* A reader that stalls for good: what is queued for it is bounded. */
static void test_queue_is_bounded(void **state UNUSED)
{
    int fd = raw_client();
    static const struct raw ask = { 1, WIRE_OPEN, 0, 0, "{\"op\":\"keep\"}", 0 };
    scoped_free char *text = calloc(1, 500001);
    scoped_json json_t *big = NULL;
    int count = 0;

    memset(text, 'y', 500000);
    big = json_pack("{s:s}", "text", text);
    write_raw(fd, &ask);
    run_links();
    while (count < 100 && stream_message(&server.stream, big))
        count++;
    assert_in_range(count, 10, 60);
    run_links();
    assert_true(server.lost);
    close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_links, tear_down_links)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_breaches_of_an_opener),
        TEST(test_data_beyond_the_credit),
        TEST(test_json_over_the_limit_in_pieces),
        TEST(test_streams_opened_from_the_wrong_side),
        TEST(test_queue_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
