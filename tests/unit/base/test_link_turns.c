/* tests/unit/base/test_link_turns.c: many streams that never run out of data share one link. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "vmm/base/link.h"

#define STREAMS 40 /* their credits are many times what a link queues */
#define TOTAL_BYTES (64u * 1024 * 1024)

static struct stream from[STREAMS], to[STREAMS];
static size_t received[STREAMS], total;
static unsigned accepted;

static void send_all(struct stream *s)
{
    static const char zeros[WIRE_PAYLOAD_MAX];

    while (stream_send(s, WIRE_STDIN, zeros, sizeof(zeros)) == sizeof(zeros))
        ;
}

static void on_data(struct stream *s, enum wire_channel channel UNUSED, const uint8_t *bytes UNUSED,
                    size_t n)
{
    *(size_t *)s->arg += n;
    total += n;
    stream_consumed(s, n);
}

static void on_closed(struct stream *s UNUSED, const json_t *result UNUSED,
                      const struct pyro_error *err UNUSED)
{
}

static const struct stream_ops ops = { .data = on_data, .writable = send_all, .closed = on_closed };

static void on_opened(struct link *link, uint32_t id, const json_t *request UNUSED)
{
    struct pyro_error err = { 0 };

    assert_true(accepted < STREAMS);
    assert_true(stream_accept(link, id, &to[accepted], &ops, &received[accepted], &err));
    accepted++;
}

static void on_lost(struct link *link UNUSED, const struct pyro_error *err)
{
    fail_msg("%s", err->message);
}

static void test_streams_take_turns(void **state UNUSED)
{
    static const struct link_ops near = { .lost = on_lost },
                                 far = { .opened = on_opened, .lost = on_lost };
    scoped_json json_t *request = json_pack("{s:s}", "op", "x");
    struct pyro_error err = { 0 };
    struct loop *loop = loop_new(&err);
    struct link *a, *b;
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    a = link_new(loop, fds[0], LINK_SOCKET, &near, NULL, &err);
    b = link_new(loop, fds[1], LINK_SOCKET, &far, NULL, &err);
    assert_non_null(a);
    assert_non_null(b);
    for (int i = 0; i < STREAMS; i++) {
        assert_true(stream_open(a, &from[i], request, &ops, NULL, &err));
        send_all(&from[i]);
    }
    while (total < TOTAL_BYTES)
        loop_run_once(loop, 1000);
    for (int i = 0; i < STREAMS; i++)
        if (received[i] < TOTAL_BYTES / STREAMS / 2)
            fail_msg("stream %d got %zu bytes of %zu", i, received[i], total);
    link_free(a);
    link_free(b);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_streams_take_turns) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
