/* Summary lines: quoting, and a line of their own whatever came before. */
#include "engine/cmd/io.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* An io whose streams are pipes; `one` makes them the same. */
struct streams {
    struct cmd_io io;
    int out_read, err_read;
};

static void open_streams(struct streams *s, bool one, bool json)
{
    int out[2], err[2];

    assert_int_equal(pipe2(out, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(pipe2(err, O_CLOEXEC | O_NONBLOCK), 0);
    memset(s, 0, sizeof(*s));
    s->io.json = json;
    s->io.out_fd = out[1];
    s->io.err_fd = one ? dup(out[1]) : err[1];
    s->io.same_place = one;
    s->out_read = out[0];
    s->err_read = err[0];
    if (one)
        close(err[1]);
}

static void close_streams(struct streams *s)
{
    close(s->io.out_fd);
    close(s->io.err_fd);
    close(s->out_read);
    close(s->err_read);
}

static const char *drain(int fd)
{
    static char text[4096];
    ssize_t n = read(fd, text, sizeof(text) - 1);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

static const struct summary_item items[] = {
    { "a", "x" }, { "left_out", NULL }, { "b", "x y" }, { "c", "\x1b" }, { "d", "" }, { NULL, NULL }
};
#define LINE "[t] a=x b='x y' c=$'\\x1b' d=''\n"

static void test_summary_stands_alone(void **state UNUSED)
{
    static const struct {
        const char *out, *err;
        bool one;
        const char *want_out, *want_err;
    } cases[] = {
        { "", "", false, "", LINE },
        { "text\n", "", false, "text\n", LINE },
        { "text", "", false, "text", LINE },
        { "", "oops", false, "", "oops\n" LINE },
        { "", "oops\n", false, "", "oops\n" LINE },
        { "text", "", true, "text\n" LINE, "" },
        { "text\n", "", true, "text\n" LINE, "" },
        { "text", "oops\n", true, "textoops\n" LINE, "" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct streams s;
        struct pyro_error err;

        open_streams(&s, cases[i].one, false);
        assert_true(cmd_io_write(&s.io, false, cases[i].out, strlen(cases[i].out), &err));
        assert_true(cmd_io_write(&s.io, true, cases[i].err, strlen(cases[i].err), &err));
        cmd_io_summary(&s.io, "t", items);
        assert_string_equal(drain(s.out_read), cases[i].want_out);
        assert_string_equal(drain(s.err_read), cases[i].want_err);
        close_streams(&s);
    }
}

static void test_summary_twice(void **state UNUSED)
{
    struct streams s;
    struct pyro_error err;

    open_streams(&s, true, false);
    assert_true(cmd_io_write(&s.io, false, "x", 1, &err));
    cmd_io_summary(&s.io, "t", items);
    cmd_io_summary(&s.io, "t", items);
    assert_string_equal(drain(s.out_read), "x\n" LINE LINE);
    close_streams(&s);
}

static void test_summary_is_silent_with_json(void **state UNUSED)
{
    struct streams s;

    open_streams(&s, false, true);
    cmd_io_summary(&s.io, "t", items);
    s.io.progress_name = "pull";
    assert_string_equal(drain(s.err_read), "");
    close_streams(&s);
}

static void test_write_to_a_closed_pipe(void **state UNUSED)
{
    struct streams s;
    struct pyro_error err = { 0 };

    open_streams(&s, false, false);
    close(s.out_read);
    s.out_read = -1;
    signal(SIGPIPE, SIG_IGN);
    assert_false(cmd_io_write(&s.io, false, "x", 1, &err));
    assert_true(s.io.quiet_exit);
    close_streams(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_summary_stands_alone),
        cmocka_unit_test(test_summary_twice),
        cmocka_unit_test(test_summary_is_silent_with_json),
        cmocka_unit_test(test_write_to_a_closed_pipe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
