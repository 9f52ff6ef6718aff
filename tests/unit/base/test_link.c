/* tests/unit/base/test_link.c: streams, credit, messages, breaches and reconnects, both ends in one
 * loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/base/fs.h"
#include "vmm/base/link.h"
#include "vmm/base/sock.h"

static struct loop *loop;

/* The side that accepts. */
static struct {
    struct link *link;
    struct stream stream;
    char op[32];
    size_t request_bytes;
    bool ready, lost, cancelled, ended;
    int opened, readied;
    struct pyro_error why, closed_why;
    size_t received;
    bool consume;
    json_t *message;
    size_t to_send; /* bytes to be sent as there is room */
    size_t sent;
} server;

/* The side that opens. */
static struct {
    struct link *link;
    struct stream stream;
    bool lost, closed, ready, consume;
    struct pyro_error why, closed_why;
    json_t *result;
    size_t received;
    size_t to_send, sent;
} client;

static void send_more(struct stream *s, size_t *sent, size_t total)
{
    static const char zeros[100000];

    while (*sent < total) {
        size_t n = total - *sent < sizeof(zeros) ? total - *sent : sizeof(zeros);
        size_t taken = stream_send(s, WIRE_STDOUT, zeros, n);
        *sent += taken;
        if (taken < n)
            return;
    }
}

static void server_data(struct stream *s, enum wire_channel channel UNUSED,
                        const uint8_t *bytes UNUSED, size_t n)
{
    server.received += n;
    if (server.consume)
        stream_consumed(s, n);
}

static void server_end(struct stream *s UNUSED, enum wire_channel channel UNUSED)
{
    server.ended = true;
}

static void server_message(struct stream *s UNUSED, const json_t *message)
{
    json_decref(server.message);
    server.message = json_deep_copy(message);
}

static void server_writable(struct stream *s)
{
    send_more(s, &server.sent, server.to_send);
}

static void server_closed(struct stream *s, const json_t *result, const struct pyro_error *err)
{
    assert_null(result);
    assert_null(s->link);
    server.cancelled = true;
    server.closed_why = *err;
}

static const struct stream_ops server_stream_ops = { .data = server_data,
                                                     .end = server_end,
                                                     .message = server_message,
                                                     .writable = server_writable,
                                                     .closed = server_closed };

static void server_opened(struct link *link, uint32_t id, const json_t *request)
{
    struct pyro_error why = { 0 };

    server.opened++;
    snprintf(server.op, sizeof(server.op), "%s", json_string_or(request, "op", ""));
    server.request_bytes = strlen(json_string_or(request, "text", ""));
    if (!strcmp(server.op, "reply")) {
        stream_reply(link, id, json_pack("{s:i}", "answer", 42));
    } else if (!strcmp(server.op, "refuse")) {
        pyro_fail(&why, PYRO_NO_SPACE, "no room for it");
        pyro_hint(&why, "make some");
        stream_refuse(link, id, &why);
    } else {
        assert_true(stream_accept(link, id, &server.stream, &server_stream_ops, NULL, &why));
    }
}

static void server_ready(struct link *link UNUSED)
{
    server.ready = true;
    server.readied++;
}

static void server_lost(struct link *link, const struct pyro_error *err)
{
    server.lost = true;
    server.why = *err;
    if (server.readied) {
        link_listen(link); /* a guest */
    } else {
        link_free(link);
        server.link = NULL;
    }
}

static const struct link_ops server_ops = { .opened = server_opened,
                                            .ready = server_ready,
                                            .lost = server_lost };

static void client_data(struct stream *s, enum wire_channel channel UNUSED,
                        const uint8_t *bytes UNUSED, size_t n)
{
    client.received += n;
    if (client.consume)
        stream_consumed(s, n);
}

static void client_writable(struct stream *s)
{
    send_more(s, &client.sent, client.to_send);
}

static void client_closed(struct stream *s UNUSED, const json_t *result,
                          const struct pyro_error *err)
{
    assert_false(client.closed);
    client.closed = true;
    client.result = result ? json_deep_copy(result) : NULL;
    if (!result)
        client.closed_why = *err;
}

static const struct stream_ops client_stream_ops = { .data = client_data,
                                                     .writable = client_writable,
                                                     .closed = client_closed };

static void client_ready(struct link *link UNUSED)
{
    client.ready = true;
}

static void client_lost(struct link *link, const struct pyro_error *err)
{
    client.lost = true;
    client.why = *err;
    link_free(link);
    client.link = NULL;
}

static const struct link_ops client_ops = { .ready = client_ready, .lost = client_lost };

static void run(void)
{
    for (int i = 0; i < 200; i++)
        loop_run_once(loop, 0);
}

static int set_up(void **state UNUSED)
{
    int fds[2];

    memset(&server, 0, sizeof(server));
    memset(&client, 0, sizeof(client));
    client.consume = server.consume = true;
    loop = loop_new(NULL);
    if (!loop || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return -1;
    client.link = link_new(loop, fds[0], LINK_SOCKET, &client_ops, NULL, NULL);
    server.link = link_new(loop, fds[1], LINK_SOCKET, &server_ops, NULL, NULL);
    return client.link && server.link ? 0 : -1;
}

static int tear_down(void **state UNUSED)
{
    link_free(client.link);
    link_free(server.link);
    loop_free(loop);
    json_decref(client.result);
    json_decref(server.message);
    return 0;
}

static void open_stream(const char *op)
{
    scoped_json json_t *request = json_pack("{s:s}", "op", op);
    struct pyro_error err = { 0 };

    client.closed = false;
    json_decref(client.result);
    client.result = NULL;
    assert_true(stream_open(client.link, &client.stream, request, &client_stream_ops, NULL, &err));
}

static void test_reply(void **state UNUSED)
{
    for (int i = 1; i <= 3; i++) {
        open_stream("reply");
        run();
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
    run();
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
    run();
    stream_close(&server.stream, result);
    run();
    assert_true(client.closed);
    assert_int_equal(json_int_or(client.result, "n", 0), 7);
    assert_false(server.cancelled);

    open_stream("keep");
    run();
    client.closed = false;
    stream_close(&client.stream, NULL);
    stream_close(&client.stream, NULL); /* nothing */
    run();
    assert_false(client.closed); /* not told of what it did itself */
    assert_true(server.cancelled);
    assert_int_equal(server.closed_why.code, PYRO_INTERRUPTED);
    assert_false(client.lost || server.lost);
}

/* Both sides close at once: frames of a finished stream are not a breach. */
static void test_close_crosses_data(void **state UNUSED)
{
    open_stream("keep");
    run();
    assert_int_equal(stream_send(&client.stream, WIRE_STDIN, "abc", 3), 3);
    assert_true(stream_end(&client.stream, WIRE_STDIN));
    stream_close(&server.stream, NULL);
    assert_int_equal(stream_send(&server.stream, WIRE_STDOUT, "abc", 3), 0);
    run();
    assert_true(client.closed);
    assert_false(client.lost || server.lost);
}

static void test_credit_bounds_each_direction(void **state UNUSED)
{
    open_stream("keep");
    run();
    client.consume = server.consume = false;
    server.to_send = client.to_send = 5 * WIRE_CREDIT;
    send_more(&server.stream, &server.sent, server.to_send);
    send_more(&client.stream, &client.sent, client.to_send);
    run();
    assert_int_equal(client.received, WIRE_CREDIT);
    assert_int_equal(server.received, WIRE_CREDIT);
    assert_int_equal(stream_room(&server.stream), 0);
    client.consume = server.consume = true;
    stream_consumed(&client.stream, WIRE_CREDIT);
    stream_consumed(&server.stream, WIRE_CREDIT);
    run();
    assert_int_equal(client.received, 5 * WIRE_CREDIT);
    assert_int_equal(server.received, 5 * WIRE_CREDIT);
    assert_true(stream_end(&client.stream, WIRE_STDIN));
    run();
    assert_true(server.ended);
}

static void test_a_stalled_stream_stalls_itself_only(void **state UNUSED)
{
    struct stream stalled;

    open_stream("keep");
    run();
    client.consume = false;
    server.to_send = 2 * WIRE_CREDIT;
    send_more(&server.stream, &server.sent, server.to_send);
    run();
    assert_int_equal(client.received, WIRE_CREDIT);
    stalled = client.stream;
    (void)stalled;
    /* A second request goes through beside it. */
    {
        struct stream other;
        scoped_json json_t *request = json_pack("{s:s}", "op", "reply");
        struct pyro_error err = { 0 };
        assert_true(stream_open(client.link, &other, request, &client_stream_ops, NULL, &err));
        run();
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
    run();
    assert_true(stream_message(&client.stream, message));
    run();
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
    run();
    assert_false(server.lost);
    open_stream("reply");
    run();
    assert_true(client.closed);
}

static void test_peer_gone(void **state UNUSED)
{
    open_stream("keep");
    run();
    link_free(server.link);
    server.link = NULL;
    run();
    assert_true(client.closed && client.lost);
    assert_int_equal(client.closed_why.code, PYRO_GUEST_LOST);
    assert_int_equal(client.why.code, PYRO_GUEST_LOST);
}

/* --- a peer that breaks the rules --- */

struct raw {
    uint32_t stream;
    uint8_t type, channel, flags;
    const char *payload;
    uint32_t length; /* 0: of the text */
};

static void write_raw(int fd, const struct raw *raw)
{
    static uint8_t bytes[WIRE_FRAME_MAX];
    struct wire_frame f = { .stream = raw->stream,
                            .type = (enum wire_type)raw->type,
                            .channel = (enum wire_channel)raw->channel,
                            .flags = raw->flags,
                            .length = raw->length };
    const char *payload = raw->payload ? raw->payload : "";

    if (!f.length)
        f.length = (uint32_t)strlen(payload);
    memset(bytes, 0, sizeof(bytes));
    wire_put_header(bytes, &f);
    memcpy(bytes + WIRE_HEADER_SIZE, payload, strlen(payload));
    assert_true(fs_write_all(fd, bytes, WIRE_HEADER_SIZE + f.length, NULL));
}

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
        run();
        assert_false(server.lost);
        for (int k = 0; k < 2 && cases[i][k].type; k++)
            write_raw(fd, &cases[i][k]);
        run();
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
        run();
    }
    assert_false(server.lost);
    assert_int_equal(server.received, WIRE_CREDIT);
    write_raw(fd, &one);
    run();
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
        run();
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
    run();
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
    run();
    while (count < 100 && stream_message(&server.stream, big))
        count++;
    assert_in_range(count, 10, 60);
    run();
    assert_true(server.lost);
    close(fd);
}

/* --- a guest's port --- */

static void guest_port(int *ret_fd)
{
    int fds[2];

    link_free(client.link);
    link_free(server.link);
    client.link = NULL;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    server.link = link_new(loop, fds[1], LINK_GUEST_PORT, &server_ops, NULL, NULL);
    assert_non_null(server.link);
    *ret_fd = fds[0];
}

/* One connection after the other on one port, each cut anywhere in its frames. */
static void test_reconnect_after_any_cut(void **state UNUSED)
{
    static uint8_t bytes[3 * WIRE_FRAME_MAX], sink[65536];
    const struct raw frames[] = { { 1, WIRE_OPEN, 0, 0, "{\"op\":\"keep\"}", 0 },
                                  { 1, WIRE_DATA, 0, 0, "some input", 3000 },
                                  { 1, WIRE_MESSAGE, 0, WIRE_MORE, "{\"a\":", 0 },
                                  { 1, WIRE_MESSAGE, 0, 0, "1}", 0 } };
    size_t total = 0;
    int port;

    guest_port(&port);
    for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
        struct wire_frame f = { .stream = 1, .type = (enum wire_type)frames[i].type };
        f.flags = frames[i].flags;
        f.length = frames[i].length ? frames[i].length : (uint32_t)strlen(frames[i].payload);
        wire_put_header(bytes + total, &f);
        memcpy(bytes + total + WIRE_HEADER_SIZE, frames[i].payload, strlen(frames[i].payload));
        total += WIRE_HEADER_SIZE + f.length;
    }
    for (size_t cut = 0, round = 1; cut <= total; cut += cut < 60 || cut > total - 60 ? 1 : 97) {
        struct pyro_error err = { 0 };
        int copy = dup(port);
        client.ready = client.lost = false;
        client.link = link_new(loop, copy, LINK_HOST_PORT, &client_ops, NULL, &err);
        assert_non_null(client.link);
        assert_true(link_hello(client.link, true, &err));
        run();
        assert_true(client.ready);
        assert_int_equal(server.readied, (int)round++);
        open_stream("reply");
        run();
        assert_int_equal(json_int_or(client.result, "answer", 0), 42);
        link_free(client.link); /* the host is killed … */
        client.link = NULL;
        /* … in the middle of what a later stream had to say. */
        bytes[4] = 2, bytes[4 + WIRE_HEADER_SIZE + 13] = 2;
        assert_true(fs_write_all(port, bytes, cut, NULL));
        run();
        while (recv(port, sink, sizeof(sink), MSG_DONTWAIT) > 0)
            ;
    }
    close(port);
}

static void test_guest_waits_for_hello(void **state UNUSED)
{
    static const struct raw open_frame = { 1, WIRE_OPEN, 0, 0, "{\"op\":\"reply\"}", 0 };
    uint8_t hello[WIRE_HELLO_SIZE], nonce[WIRE_NONCE_SIZE] = { 9 }, answer[WIRE_HELLO_SIZE];
    int port;

    guest_port(&port);
    write_raw(port, &open_frame);
    run();
    assert_int_equal(server.opened, 0);
    assert_false(link_is_ready(server.link));
    wire_put_hello(hello, nonce);
    for (size_t i = 0; i < sizeof(hello); i++) { /* byte by byte */
        assert_true(fs_write_all(port, hello + i, 1, NULL));
        run();
    }
    assert_true(link_is_ready(server.link));
    assert_int_equal(read(port, answer, sizeof(answer)), sizeof(answer));
    assert_memory_equal(answer, hello, sizeof(hello));
    nonce[0]++; /* the next host is here before the last one is known to be gone: no breach */
    wire_put_hello(hello, nonce);
    assert_true(fs_write_all(port, hello, sizeof(hello), NULL));
    run();
    assert_int_equal(server.why.code, PYRO_GUEST_LOST);
    assert_int_equal(server.readied, 2);
    assert_int_equal(read(port, answer, sizeof(answer)), sizeof(answer));
    assert_memory_equal(answer, hello, sizeof(hello));
    close(port);
}

/* The guest's unsent data for the older host is skipped by the newer one. */
static void test_host_skips_what_is_old(void **state UNUSED)
{
    static const struct raw old = { 3, WIRE_DATA, WIRE_STDOUT, 0, "old output", 50000 };
    struct pyro_error err = { 0 };
    uint8_t stale[WIRE_HELLO_SIZE], nonce[WIRE_NONCE_SIZE] = { 1 };
    int port;

    guest_port(&port);
    write_raw(link_fd(server.link), &old);
    wire_put_hello(stale, nonce); /* the answer to a host that did not live to read it */
    assert_true(fs_write_all(link_fd(server.link), stale, sizeof(stale), NULL));
    client.link = link_new(loop, port, LINK_HOST_PORT, &client_ops, NULL, &err);
    assert_true(link_hello(client.link, true, &err));
    run();
    assert_true(client.ready);
    open_stream("reply");
    run();
    assert_true(client.closed);
}

/* A hello that a port lost on its way is said again, until it is answered. */
static void test_host_says_hello_again(void **state UNUSED)
{
    static uint8_t bytes[4 * WIRE_FRAME_MAX];
    uint8_t nonce[WIRE_NONCE_SIZE], answer[WIRE_HELLO_SIZE];
    struct pyro_error err = { 0 };
    unsigned hellos = 0;
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    link_free(client.link);
    client.link = link_new(loop, ends[0], LINK_HOST_PORT, &client_ops, NULL, &err);
    assert_true(link_hello(client.link, false, &err));
    for (size_t n = 0; hellos < 2;) {
        bool found = true;
        ssize_t got;
        loop_run_once(loop, 100);
        got = read(ends[1], bytes + n, sizeof(bytes) - n);
        n += got > 0 ? (size_t)got : 0;
        while (n && found) {
            size_t spent = wire_find_hello(bytes, n, NULL, nonce, &found);
            memmove(bytes, bytes + spent, n - spent);
            n -= spent;
            hellos += found;
        }
    }
    wire_put_hello(answer, nonce);
    assert_true(fs_write_all(ends[1], answer, sizeof(answer), NULL));
    while (!client.ready)
        loop_run_once(loop, 100);
    close(ends[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
        TEST(test_breaches_of_an_opener),
        TEST(test_data_beyond_the_credit),
        TEST(test_json_over_the_limit_in_pieces),
        TEST(test_streams_opened_from_the_wrong_side),
        TEST(test_queue_is_bounded),
        TEST(test_reconnect_after_any_cut),
        TEST(test_guest_waits_for_hello),
        TEST(test_host_skips_what_is_old),
        TEST(test_host_says_hello_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
