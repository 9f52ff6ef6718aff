/* Lines, however the bytes are cut, and those that are too long. */
#include "engine/api/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Everything that comes of `text` in pieces of `piece` bytes, "," after each line, "!" for one that
 * is too long. */
static void collect(const char *text, size_t piece, struct buf *ret)
{
    struct lines l;
    size_t n = strlen(text), length;
    enum lines_next next;
    char *line;

    lines_init(&l, 5);
    assert_true(buf_append(ret, "", 0));
    for (size_t at = 0; at <= n; at += piece) {
        bool end = at + piece > n;

        assert_true(lines_add(&l, text + at, end ? n - at : piece));
        while ((next = lines_next(&l, end, &line, &length)) != LINES_NONE) {
            assert_true(next == LINES_TOO_LONG || strlen(line) == length);
            assert_true(buf_printf(ret, "%s,", next == LINES_TOO_LONG ? "!" : line));
        }
    }
    lines_release(&l);
}

static void test_lines_next_gives_each_line_however_it_came(void **state UNUSED)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        { "", "" },
        { "one\ntwo\n", "one,two," },
        { "one\r\n\ntwo", "one,,two," },
        { "12345\n123456\nend\n", "12345,!,end," },
        { "a very long line without an end", "!," },
        { "a very long line\r\nok\n", "!,ok," },
        { "ok\n123456789", "ok,!," },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        for (size_t piece = 1; piece < 40; piece++) {
            scoped_buf got = BUF_INIT(256);
            collect(cases[i].text, piece, &got);
            assert_string_equal(got.len ? got.data : "", cases[i].wanted);
        }
}

static void test_lines_add_keeps_no_more_than_a_line(void **state UNUSED)
{
    static char chunk[65536];
    struct lines l;
    size_t n, too_long = 0;
    char *line;

    memset(chunk, 'x', sizeof(chunk));
    lines_init(&l, 1024 * 1024);
    for (int i = 0; i < 2000; i++) {
        assert_true(lines_add(&l, chunk, sizeof(chunk)));
        too_long += lines_next(&l, false, &line, &n) == LINES_TOO_LONG;
        assert_true(l.bytes.cap <= 4 * 1024 * 1024);
    }
    assert_int_equal(too_long, 1);
    assert_true(lines_add(&l, "\nyes\n", 5));
    assert_int_equal(lines_next(&l, false, &line, &n), LINES_LINE);
    assert_string_equal(line, "yes");
    lines_release(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_next_gives_each_line_however_it_came),
        cmocka_unit_test(test_lines_add_keeps_no_more_than_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
