/* tests/unit/test_printable.c: the last lines of a text, as they may be shown. */
#include "vmm/base/printable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/base/cleanup.h"

static void test_last_lines(void **state UNUSED)
{
    static const struct {
        const char *text;
        unsigned lines_max;
        size_t room;
        const char *wanted;
    } cases[] = {
        { "", 3, 100, "" },
        { " \r\n\n\t", 3, 100, "" },
        { "one", 3, 100, "one" },
        { "one\ntwo\nthree\nfour\n", 3, 100, "two | three | four" },
        { "one\n\n  two \r\n\r\n", 3, 100, "one | two" },
        { "a\033[1mb\nc\xff\xe2\x80\xae\n", 3, 100, "a\\x1b[1mb | c\\xff\\u202e" },
        { "older\nnewest\n", 3, 8, "newest" },
        { "older\nnewest\n", 3, 14, "newest" },
        { "older\nnewest\n", 3, 15, "older | newest" },
        { "older\nnewest\n", 3, 3, "" },
        { "one\ntwo\n", 0, 100, "" },
    };
    char got[100];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        printable_last_lines(cases[i].text, strlen(cases[i].text), cases[i].lines_max, got,
                             cases[i].room);
        assert_string_equal(got, cases[i].wanted);
    }
}

/* Cut, and never in the middle of a character or of an escape. */
static void test_a_long_line_is_cut(void **state UNUSED)
{
    char text[4000], got[2000];

    memset(text, '\001', sizeof(text));
    printable_last_lines(text, sizeof(text), 3, got, sizeof(got));
    assert_string_equal(got, "");
    text[0] = text[sizeof(text) - 1] = 'x';
    printable_last_lines(text, sizeof(text), 3, got, sizeof(got));
    assert_true(strlen(got) > 100 && strlen(got) < 200);
    assert_int_equal((strlen(got) - 1) % strlen("\\x01"), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_lines),
        cmocka_unit_test(test_a_long_line_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
