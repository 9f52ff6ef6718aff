/* tests/unit/guest/test_guest_connect.c: connections to a server on the loopback, carried by
 * streams of the guest program itself. The server is tests/web/server.c. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/guest_fixture.h"
#include "vmm/base/fs.h"

#define BIG_BYTES (3 * 1024 * 1024 + 17)
#define CONNECTIONS_MAX 512 /* guest/connect.c's */

static struct guest_fixture guest;
static pid_t server_pid;
static int port;

static void start_server(const char *family)
{
    char text[16] = "";
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    server_pid = fork();
    if (server_pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(ends[1], 1);
        execl("build/tests/web-server", "web-server", "0", family, NULL);
        _exit(127);
    }
    close(ends[1]);
    assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
    close(ends[0]);
    port = (int)strtol(text, NULL, 10);
    assert_true(port > 0);
}

static int set_up(void **state UNUSED)
{
    guest_fixture_start(&guest);
    start_server(NULL);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    kill(server_pid, SIGKILL);
    waitpid(server_pid, NULL, 0);
    return guest_fixture_end(&guest);
}

static json_t *connect_request(int to)
{
    return json_pack("{s:s, s:i}", "op", "connect", "port", to);
}

/* Opens a connection that says this; `open`: and goes on to. */
static void say(struct call *c, const char *bytes, size_t n, bool open)
{
    call_init(c, &guest.peer);
    c->input = bytes;
    c->input_len = n;
    c->input_open = open;
    call_start(c, connect_request(port));
}

static char *random_text(const char *first)
{
    char *text = malloc(BIG_BYTES);

    assert_non_null(text);
    random_bytes(text, BIG_BYTES);
    memcpy(text, first, strlen(first));
    return text;
}

/* An end from the host is the end of what the server reads, and no more than that. */
static void test_connect_half_closed_by_the_client(void **state UNUSED)
{
    scoped_free char *text = random_text("COUNT\n");
    char wanted[32];
    struct call c;

    snprintf(wanted, sizeof(wanted), "%zu\n", BIG_BYTES - strlen("COUNT\n"));
    say(&c, text, BIG_BYTES, false);
    call_wait(&c);
    assert_null(json_object_get(c.result, "error"));
    assert_string_equal(c.out.data, wanted);
    assert_true(c.out_ended);
    call_release(&c);
}

static void test_connect_carries_both_ways(void **state UNUSED)
{
    scoped_free char *text = random_text("ECHO\n");
    size_t head = strlen("ECHO\n");
    struct call c;

    say(&c, text, BIG_BYTES, false);
    call_wait(&c);
    assert_null(json_object_get(c.result, "error"));
    assert_int_equal(c.out.len, BIG_BYTES - head);
    assert_memory_equal(c.out.data, text + head, c.out.len);
    call_release(&c);
}

/* The server ends first: the stream's other direction stays, until the host ends it. */
static void test_connect_half_closed_by_the_server(void **state UNUSED)
{
    struct call c;

    say(&c, "?\n", 2, true);
    peer_wait(&guest.peer, &c.out_ended);
    assert_false(c.done);
    stream_end(&c.stream, WIRE_STDIN);
    call_wait(&c);
    assert_null(json_object_get(c.result, "error"));
    call_release(&c);
}

static void test_connect_to_ipv6_when_ipv4_is_refused(void **state UNUSED)
{
    struct call c;

    kill(server_pid, SIGKILL);
    waitpid(server_pid, NULL, 0);
    start_server("v6");
    say(&c, "COUNT\nabc", 9, false);
    call_wait(&c);
    assert_string_equal(c.out.data, "3\n");
    call_release(&c);
}

static void test_connect_refused(void **state UNUSED)
{
    struct call c;

    kill(server_pid, SIGKILL);
    waitpid(server_pid, NULL, 0);
    say(&c, "COUNT\n", 6, false);
    call_wait(&c);
    assert_non_null(strstr(json_string_or(json_object_get(c.result, "error"), "message", ""),
                           "Connection refused"));
    call_release(&c);
}

static void test_connect_reset_by_the_server(void **state UNUSED)
{
    struct call c;

    say(&c, "RESET\n", 6, true);
    call_wait(&c);
    assert_non_null(
        strstr(json_string_or(json_object_get(c.result, "error"), "message", ""), "reset by peer"));
    call_release(&c);
}

static void test_connect_to_no_port(void **state UNUSED)
{
    static const int ports[] = { 0, -1, 65536 };

    for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
        struct call c;
        call_run(&c, &guest.peer, connect_request(ports[i]));
        assert_non_null(
            strstr(json_string_or(json_object_get(c.result, "error"), "message", ""), "'port'"));
        call_release(&c);
    }
}

/* A listener of the test's own, to see what a server sees. */
static int listen_here(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t n = sizeof(a);

    assert_int_equal(bind(fd, (void *)&a, n), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (void *)&a, &n), 0);
    port = ntohs(a.sin_port);
    return fd;
}

static void test_connect_cancelled_is_a_reset(void **state UNUSED)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;
    int listener = listen_here(), fd = -1;
    char bytes[8];
    struct call c;
    ssize_t n;

    say(&c, "abc", 3, true);
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) < 0 && clock_ms() < deadline_ms)
        loop_run_once(guest.peer.loop, 10);
    while ((n = recv(fd, bytes, sizeof(bytes), 0)) < 0 && clock_ms() < deadline_ms)
        loop_run_once(guest.peer.loop, 10);
    assert_int_equal(n, 3);
    stream_close(&c.stream, NULL);
    while ((n = recv(fd, bytes, sizeof(bytes), 0)) < 0 && errno == EAGAIN &&
           clock_ms() < deadline_ms)
        loop_run_once(guest.peer.loop, 10);
    assert_int_equal(n, -1);
    assert_int_equal(errno, ECONNRESET);
    close(fd);
    close(listener);
    call_release(&c);
}

/* A server that reads nothing, and a host that reads nothing, hold up themselves only. */
static void test_connect_stalled_beside_others(void **state UNUSED)
{
    scoped_free char *text = random_text("HOLD\n"), *flood = random_text("ECHO\n");
    struct call held, flooded, c;

    say(&held, text, BIG_BYTES, false);
    call_init(&flooded, &guest.peer);
    flooded.stall = true;
    flooded.input = flood;
    flooded.input_len = BIG_BYTES;
    call_start(&flooded, connect_request(port));
    call_wait_output(&flooded, WIRE_CREDIT);
    for (int i = 0; i < 20; i++) {
        say(&c, "COUNT\nabc", 9, false);
        call_wait(&c);
        assert_string_equal(c.out.data, "3\n");
        call_release(&c);
    }
    assert_false(held.done);
    assert_false(flooded.done);
    assert_int_equal(flooded.out_bytes, WIRE_CREDIT);
    call_resume(&flooded);
    call_wait(&flooded);
    assert_int_equal(flooded.out.len, BIG_BYTES - strlen("ECHO\n"));
    assert_memory_equal(flooded.out.data, flood + strlen("ECHO\n"), flooded.out.len);
    stream_close(&held.stream, NULL);
    call_release(&held);
    call_release(&flooded);
}

static void test_connect_many_at_once_and_no_more(void **state UNUSED)
{
    struct call *c = calloc(CONNECTIONS_MAX + 1, sizeof(*c));

    assert_non_null(c);
    for (int i = 0; i <= CONNECTIONS_MAX; i++)
        say(&c[i], "COUNT\nabc", 9, true);
    call_wait(&c[CONNECTIONS_MAX]);
    assert_non_null(
        strstr(json_string_or(json_object_get(c[CONNECTIONS_MAX].result, "error"), "message", ""),
               "no more at once"));
    call_release(&c[CONNECTIONS_MAX]);
    for (int i = 0; i < CONNECTIONS_MAX; i++)
        stream_end(&c[i].stream, WIRE_STDIN);
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        call_wait(&c[i]);
        assert_string_equal(c[i].out.data, "3\n");
        call_release(&c[i]);
    }
    free(c);
}

#define T(NAME) cmocka_unit_test_setup_teardown(NAME, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_connect_half_closed_by_the_client),
        T(test_connect_carries_both_ways),
        T(test_connect_half_closed_by_the_server),
        T(test_connect_to_ipv6_when_ipv4_is_refused),
        T(test_connect_refused),
        T(test_connect_reset_by_the_server),
        T(test_connect_to_no_port),
        T(test_connect_cancelled_is_a_reset),
        T(test_connect_stalled_beside_others),
        T(test_connect_many_at_once_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
