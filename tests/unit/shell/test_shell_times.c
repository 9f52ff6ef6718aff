/* tests/unit/shell/test_shell_times.c: the time that each line of a text begins with. */
#include "tests/unit/shell_fixture.h"

#include <string.h>

#include "engine/shell/shell_read.h"
#include "engine/shell/shell_times.h"
#include "vmm/base/cleanup.h"

#define A "1970-01-01T00:00:01Z "
#define B "1970-01-01T00:00:02Z "
#define C "1970-01-01T00:00:03Z "
#define NONE "                     "

static void test_shell_times_put(void **state UNUSED)
{
    static const struct {
        const char *text;
        int64_t lines[3]; /* in which a second began: 1, 2 and 3 */
        bool in_line;
        const char *wanted;
    } cases[] = {
        { "a\nb\nc\n", { 0, 1, 2 }, false, A "a\n" B "b\n" C "c\n" },
        { "a\nb\nc", { 0, 2, 2 }, false, A "a\n" A "b\n" C "c" },
        { "a\nb\n", { 0, 1, INT64_MAX }, true, "a\n" B "b\n" },
        { "a\nb\n", { 1, 1, 9 }, false, NONE "a\n" B "b\n" },
        { "a\nb\nc\n", { 0, 2, 1 }, false, A "a\n" C "b\n" C "c\n" }, /* the cursor went up */
        { "a\n\nb\n", { -5, -1, 1 }, false, B "a\n" C "\n" C "b\n" },
        { "", { 0, 0, 0 }, false, "" },
    };
    size_t offsets[3] = { 0 };
    int64_t seconds[3] = { 1, 2, 3 };
    const struct shell_times times = { .offsets = offsets, .seconds = seconds, .count = 3 };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_buf text = BUF_INIT(1000);
        assert_true(buf_append(&text, cases[i].text, strlen(cases[i].text)));
        assert_true(shell_times_put(&times, cases[i].lines, cases[i].in_line, &text));
        assert_int_equal(text.len, strlen(cases[i].wanted));
        if (text.len)
            assert_memory_equal(text.data, cases[i].wanted, text.len);
    }
}

static void test_shell_times_unknown(void **state UNUSED)
{
    const struct shell_times times = { 0 };
    scoped_buf text = BUF_INIT(1000);

    assert_true(buf_append_str(&text, "a\nb"));
    assert_true(shell_times_put(&times, NULL, false, &text));
    assert_memory_equal(text.data, NONE "a\n" NONE "b", text.len);
}

/* Whatever a line is written with, its text is that of a read without times. */
static void test_shell_times_of_a_read(void **state UNUSED)
{
    struct shell_read_spec spec = { .max_chars = 1000, .rendering = SHELL_PLAIN, .times = true };
    struct shell_reading r;
    struct pyro_error err = { 0 };
    const char *at;

    print("one\r\n\x1b[31mtwo\x1b[m\r\n10%\r100%\r\n");
    assert_true(shell_read_log(dir_fd, "sh1", &spec, &r, &err));
    assert_int_equal(r.output.len, 3 * SHELL_TIME_BYTES + strlen("one\ntwo\n100%\n"));
    at = r.output.data;
    for (size_t i = 0; i < 3; i++) {
        static const char *const lines[] = { "one\n", "two\n", "100%\n" };
        assert_int_equal(at[0], '2');
        assert_int_equal(at[SHELL_TIME_BYTES - 2], 'Z');
        at += SHELL_TIME_BYTES;
        assert_memory_equal(at, lines[i], strlen(lines[i]));
        at += strlen(lines[i]);
    }
    shell_reading_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shell_times_put),
        cmocka_unit_test(test_shell_times_unknown),
        cmocka_unit_test_setup_teardown(test_shell_times_of_a_read, open_log, close_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
