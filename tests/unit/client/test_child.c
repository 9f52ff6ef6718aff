/* The runner of children: its events, and an end whatever the child does. */
#include "tests/unit/unit.h"

#include <string.h>
#include <unistd.h>

#include "engine/client/child.h"
#include "tests/unit/built.h"
#include "vmm/base/buf.h"
#include "vmm/base/fs.h"

struct seen {
    struct loop *loop;
    struct child *child;
    bool cancel; /* once it says something */
    bool ended, ok, cancelled;
    char progress[512], said[256], output[256], message[sizeof((struct pyro_error){ 0 }.message)];
    enum pyro_code code;
};

static void on_progress(void *arg, const struct child_progress *p)
{
    struct seen *s = arg;
    size_t n = strlen(s->progress);

    snprintf(s->progress + n, sizeof(s->progress) - n, "%s:%s:%lld/%lld:%s|",
             p->phase ? p->phase : "-", p->message, (long long)p->count.done,
             (long long)p->count.total, p->count.unit ? p->count.unit : "-");
}

static void on_said(void *arg, const char *line)
{
    struct seen *s = arg;
    size_t n = strlen(s->said);

    snprintf(s->said + n, sizeof(s->said) - n, "%s|", line);
    if (s->cancel)
        child_cancel(s->child);
}

static void on_ended(void *arg, const struct child_end *end)
{
    struct seen *s = arg;

    s->ended = true;
    s->ok = end->ok;
    s->cancelled = end->cancelled;
    s->code = end->error.code;
    snprintf(s->message, sizeof(s->message), "%s", end->error.message);
    snprintf(s->output, sizeof(s->output), "%.*s", (int)end->output_len, end->output);
    loop_stop(s->loop);
}

static const struct child_ops ops = { .progress = on_progress, .said = on_said, .ended = on_ended };

static void run(struct seen *s, const char *program, const char *const *argv, bool text)
{
    struct child_spec spec = {
        .program = program, .argv = argv, .text = text, .out_fd = -1, .ops = &ops, .arg = s
    };
    struct pyro_error err = { 0 };

    s->loop = loop_new(&err);
    assert_non_null(s->loop);
    s->child = child_start(s->loop, &spec, &err);
    assert_non_null(s->child);
    while (!s->ended)
        loop_run(s->loop);
    loop_free(s->loop);
}

static void run_script(struct seen *s, const char *script)
{
    const char *const argv[] = { "-c", script, NULL };

    run(s, "/bin/sh", argv, true);
}

static void test_progress_comes_as_events(void **state UNUSED)
{
    struct seen s = { 0 };

    run_script(
        &s,
        "printf '{\"phase\":null,\"message\":\"a\",\"done\":1,\"total\":2,\"unit\":\"bytes\"}\\n"
        "not json\\n[1]\\n{\"phase\":\"x\"}\\n{\"phase\":\"p\",\"mess' >&$PYRO_PROGRESS_FD; "
        "printf 'age\":\"b\"}\\nno end' >&$PYRO_PROGRESS_FD; echo out; echo said >&2");
    assert_true(s.ok);
    assert_string_equal(s.progress, "-:a:1/2:bytes|p:b:-1/-1:-|");
    assert_string_equal(s.output, "out\n");
    assert_string_equal(s.said, "said|");
}

static void test_a_line_too_long_is_dropped(void **state UNUSED)
{
    struct seen s = { 0 };

    run_script(&s, "head -c 200000 /dev/zero | tr '\\0' x >&$PYRO_PROGRESS_FD; "
                   "printf '\\n{\"message\":\"after\"}\\n' >&$PYRO_PROGRESS_FD");
    assert_true(s.ok);
    assert_string_equal(s.progress, "-:after:-1/-1:-|");
}

static void test_an_error_is_its_words(void **state UNUSED)
{
    struct seen s = { 0 };

    run_script(&s, "echo 'pyro: first' >&2; echo 'pyro: it broke' >&2; exit 3");
    assert_false(s.ok);
    assert_string_equal(s.message, "it broke");
    s = (struct seen){ 0 };
    run_script(&s, "exit 3");
    assert_string_equal(s.message, "exit status 3");
    s = (struct seen){ 0 };
    run_script(&s, "kill -USR1 $$");
    assert_string_equal(s.message, "ended by signal 10");
}

static void test_an_error_of_pyro_has_its_code(void **state UNUSED)
{
    const char *const argv[] = { "workspace", "status", "nothing-such", NULL };
    scoped_free char *pyro = built_program("pyro");
    struct seen s = { 0 };

    run(&s, pyro, argv, false);
    assert_false(s.ok);
    assert_int_equal(s.code, PYRO_WORKSPACE_NOT_FOUND);
}

static void test_cancel_asks_and_then_kills(void **state UNUSED)
{
    struct seen s = { .cancel = true };

    run_script(&s, "echo begun >&2; exec sleep 4321");
    assert_true(s.cancelled);
    assert_false(s.ok);
    s = (struct seen){ .cancel = true };
    run_script(&s, "trap 'echo deaf >&2' TERM; echo begun >&2; while :; do :; done");
    assert_true(s.cancelled);
    assert_string_equal(s.said, "begun|deaf|");
}

static void test_what_holds_the_pipes_is_not_waited_for(void **state UNUSED)
{
    struct seen s = { 0 };

    run_script(&s, "echo $$; sleep 4322 & echo $! >&2; exit 0");
    assert_true(s.ok);
    kill((pid_t)strtol(s.said, NULL, 10), SIGKILL);
}

static void test_a_program_that_is_not_there(void **state UNUSED)
{
    const char *const argv[] = { NULL };
    struct child_spec spec = {
        .program = "/nothing/such", .argv = argv, .out_fd = -1, .ops = &ops
    };
    struct pyro_error err = { 0 };
    struct loop *loop = loop_new(&err);

    assert_null(child_start(loop, &spec, &err));
    assert_int_equal(err.code, PYRO_DEPENDENCY_MISSING);
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_progress_comes_as_events),
        cmocka_unit_test(test_a_line_too_long_is_dropped),
        cmocka_unit_test(test_an_error_is_its_words),
        cmocka_unit_test(test_an_error_of_pyro_has_its_code),
        cmocka_unit_test(test_cancel_asks_and_then_kills),
        cmocka_unit_test(test_what_holds_the_pipes_is_not_waited_for),
        cmocka_unit_test(test_a_program_that_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
