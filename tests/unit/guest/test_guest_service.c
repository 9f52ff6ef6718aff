/* tests/unit/guest/test_guest_service.c: services of the guest program itself, as a plain child
 * over a socketpair. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/guest_fixture.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

static struct guest_fixture guest;

static int start_guest(void **state UNUSED)
{
    guest_fixture_start(&guest);
    return 0;
}

static int end_guest(void **state UNUSED)
{
    return guest_fixture_end(&guest);
}

/* The host's side of one output. */
struct output {
    struct stream stream;
    const char *service, *name;
    struct buf log;
    uint64_t since; /* bytes since it was attached */
    bool ready, refused;
    json_t *ended;
};

static void on_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes, size_t n)
{
    struct output *o = s->arg;
    struct reader r = reader_of(bytes, n);
    uint64_t offset;

    assert_int_equal(channel, WIRE_PTY);
    assert_true(rd_u64(&r, &offset));
    assert_true(offset == o->log.len);
    assert_true(buf_append(&o->log, r.at, rd_left(&r)));
    o->since += rd_left(&r);
    stream_consumed(s, n);
}

static void on_message(struct stream *s, const json_t *message)
{
    struct output *o = s->arg;

    o->ready |= json_bool_or(message, "ready", false);
    if (json_object_get(message, "ended"))
        o->ended = json_deep_copy(message);
}

static void on_closed(struct stream *s, const json_t *result, const struct pyro_error *err UNUSED)
{
    struct output *o = s->arg;

    o->refused = result != NULL;
}

static void attach(struct output *o)
{
    static const struct stream_ops ops = { .data = on_data,
                                           .message = on_message,
                                           .closed = on_closed };
    scoped_json json_t *request =
        json_pack("{s:s, s:s, s:s, s:I}", "op", "service_attach", "service", o->service, "output",
                  o->name, "offset", (json_int_t)o->log.len);
    struct pyro_error err = { 0 };

    o->since = 0;
    assert_true(stream_open(guest.peer.link, &o->stream, request, &ops, o, &err));
}

static void run_once(int64_t deadline_ms, const char *what)
{
    if (clock_ms() > deadline_ms)
        fail_msg("waited in vain for %s", what);
    loop_run_once(guest.peer.loop, 100);
}

static void start(struct output out[2], const char *name, const char *script, json_t *readiness)
{
    struct pyro_error err = { 0 };
    struct call c;

    out[0] = (struct output){ .service = name, .name = "stdout", .log = BUF_INIT(64 << 20) };
    out[1] = (struct output){ .service = name, .name = "stderr", .log = BUF_INIT(64 << 20) };
    call_run(&c, &guest.peer,
             json_pack("{s:s, s:s, s:[s,s,s], s:s, s:{}, s:o*}", "op", "service_start", "service",
                       name, "command", "sh", "-c", script, "cwd", "/workspace", "env", "readiness",
                       readiness));
    if (!error_from_result(c.result, &err))
        fail_msg("%s", err.message);
    assert_true(json_int_or(c.result, "pid", 0) > 1);
    call_release(&c);
    attach(&out[0]);
    attach(&out[1]);
}

static void await_end(struct output out[2])
{
    for (int64_t deadline_ms = clock_ms() + PEER_WAIT_MS; !out[0].ended;)
        run_once(deadline_ms, "the end");
}

static void let_go(struct output out[2])
{
    for (int i = 0; i < 2; i++) {
        stream_close(&out[i].stream, NULL);
        buf_release(&out[i].log);
    }
    json_decref(out[0].ended);
}

static void test_service_outputs_and_end(void **state UNUSED)
{
    struct output out[2];

    start(out, "plain", "echo one; echo two >&2; exit 5", NULL);
    await_end(out);
    assert_true(out[0].ready);
    assert_string_equal(out[0].log.data, "one\n");
    assert_string_equal(out[1].log.data, "two\n");
    assert_int_equal(json_int_or(out[0].ended, "ended", -1), 5);
    assert_string_equal(json_string_or(out[0].ended, "reason", ""), "exited");
    let_go(out);
}

static void test_service_attached_again_in_a_flood(void **state UNUSED)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;
    struct output out[2];
    int cuts = 0, i = 200000;

    start(out, "flood", "seq 200000 999999", NULL);
    while (!out[0].ended) {
        run_once(deadline_ms, "the end of the flood");
        /* Not once the end may be on its way: who lets go then says that it knows it. */
        if (out[0].since > 100000 && out[0].log.len + 2 * WIRE_CREDIT < 800000 * 7) {
            stream_close(&out[0].stream, NULL);
            attach(&out[0]);
            cuts++;
        }
    }
    assert_true(cuts > 3);
    assert_int_equal(out[0].log.len, 800000 * 7);
    for (const char *at = out[0].log.data; *at; at += 7, i++)
        assert_int_equal(strtol(at, NULL, 10), i);
    let_go(out);
}

static void test_service_readiness(void **state UNUSED)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;
    scoped_json json_t *stop = json_pack("{s:i}", "stop", 60000);
    struct output out[2];

    start(out, "ready", "sleep 0.2; : >up; exec sleep 1000",
          json_pack("{s:s, s:s, s:i, s:i}", "type", "file", "path", "up", "timeout_ms", 0,
                    "interval_ms", 3600000));
    while (!out[0].ready)
        run_once(deadline_ms, "readiness, by an event");
    stream_message(&out[0].stream, stop);
    await_end(out);
    assert_string_equal(json_string_or(out[0].ended, "reason", ""), "stopped");
    assert_int_equal(json_int_or(out[0].ended, "ended", -1), 128 + 15);
    let_go(out);
}

/* A path of two-byte characters is quoted, cut at an odd byte. */
static void test_service_not_ready_names_what_it_waited_for(void **state UNUSED)
{
    struct output out[2];
    char path[402];

    for (size_t i = 1; i < sizeof(path); i += 2)
        memcpy(path + i, "\xc3\xa9", i + 2 < sizeof(path) ? 2 : 0);
    path[0] = 'x';
    path[399] = '\0';
    start(out, "late", "exec sleep 1000",
          json_pack("{s:s, s:s, s:i, s:i}", "type", "file", "path", path, "timeout_ms", 200,
                    "interval_ms", 50));
    await_end(out);
    assert_false(out[0].ready);
    assert_string_equal(json_string_or(out[0].ended, "reason", ""), "not_ready");
    assert_non_null(strstr(json_string_or(out[0].ended, "probe_error", ""), "name too long"));
    let_go(out);
}

/* Starts a service that does not get ready in the time; its probe's error is to hold the text. */
static void expect_not_ready(const char *name, json_t *readiness, const char *text)
{
    struct output out[2];

    start(out, name, "exec sleep 1000", readiness);
    await_end(out);
    assert_string_equal(json_string_or(out[0].ended, "reason", ""), "not_ready");
    assert_non_null(strstr(json_string_or(out[0].ended, "probe_error", ""), text));
    let_go(out);
}

/* Listens on a free port of 127.0.0.1. */
static int listen_somewhere(int *ret_port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const void *)&a, n), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (void *)&a, &n), 0);
    *ret_port = ntohs(a.sin_port);
    return fd;
}

static void test_service_not_ready_tells_the_state_of_the_try(void **state UNUSED)
{
    int port = 0;
    scoped_close int fd = listen_somewhere(&port);

    expect_not_ready("hangs",
                     json_pack("{s:s, s:s, s:i, s:i}", "type", "command", "command",
                               "exec sleep 1000", "timeout_ms", 300, "interval_ms", 50),
                     "the command had not ended after ");
    expect_not_ready("mute",
                     json_pack("{s:s, s:s, s:i, s:s, s:i, s:i}", "type", "http", "host",
                               "127.0.0.1", "port", port, "path", "/", "timeout_ms", 300,
                               "interval_ms", 50),
                     "no answer after ");
    /* Only one of localhost's addresses has a listener; whichever was tried last. */
    for (int timeout_ms = 300; timeout_ms < 500; timeout_ms += 50)
        expect_not_ready("older",
                         json_pack("{s:s, s:s, s:i, s:i, s:i}", "type", "tcp", "host", "localhost",
                                   "port", port, "timeout_ms", timeout_ms, "interval_ms", 50),
                         "was there before the service was started");
}

static void test_service_that_is_not_there(void **state UNUSED)
{
    int64_t deadline_ms = clock_ms() + PEER_WAIT_MS;
    struct output o = { .service = "nosuch", .name = "stdout" };

    attach(&o);
    while (!o.refused)
        run_once(deadline_ms, "the refusal");
}

#define T(NAME) cmocka_unit_test_setup_teardown(NAME, start_guest, end_guest)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_service_outputs_and_end),
        T(test_service_attached_again_in_a_flood),
        T(test_service_readiness),
        T(test_service_not_ready_names_what_it_waited_for),
        T(test_service_not_ready_tells_the_state_of_the_try),
        T(test_service_that_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
