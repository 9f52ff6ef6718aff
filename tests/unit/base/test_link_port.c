/* tests/unit/base/test_link_port.c: a guest's port, which outlives the hosts that connect to it. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/link_fixture.h"
#include "vmm/base/fs.h"

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
        run_links();
        assert_true(client.ready);
        assert_int_equal(server.readied, (int)round++);
        open_stream("reply");
        run_links();
        assert_int_equal(json_int_or(client.result, "answer", 0), 42);
        link_free(client.link); /* the host is killed … */
        client.link = NULL;
        /* … in the middle of what a later stream had to say. */
        bytes[4] = 2, bytes[4 + WIRE_HEADER_SIZE + 13] = 2;
        assert_true(fs_write_all(port, bytes, cut, NULL));
        run_links();
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
    run_links();
    assert_int_equal(server.opened, 0);
    assert_false(link_is_ready(server.link));
    wire_put_hello(hello, nonce);
    for (size_t i = 0; i < sizeof(hello); i++) { /* byte by byte */
        assert_true(fs_write_all(port, hello + i, 1, NULL));
        run_links();
    }
    assert_true(link_is_ready(server.link));
    assert_int_equal(read(port, answer, sizeof(answer)), sizeof(answer));
    assert_memory_equal(answer, hello, sizeof(hello));
    nonce[0]++; /* the next host is here before the last one is known to be gone: no breach */
    wire_put_hello(hello, nonce);
    assert_true(fs_write_all(port, hello, sizeof(hello), NULL));
    run_links();
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
    run_links();
    assert_true(client.ready);
    open_stream("reply");
    run_links();
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_links, tear_down_links)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_reconnect_after_any_cut),
        TEST(test_guest_waits_for_hello),
        TEST(test_host_skips_what_is_old),
        TEST(test_host_says_hello_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
