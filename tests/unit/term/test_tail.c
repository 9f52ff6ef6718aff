/* From where a screen has to be drawn. */
#include "tests/unit/unit.h"

#include <string.h>

#include "engine/term/tail.h"
#include "vmm/base/cleanup.h"

static void test_term_find_tail_cases(void **state)
{
    static const struct {
        const char *bytes;
        size_t lines, start; /* 999: none */
    } cases[] = {
        { "", 1, 999 },
        { "a\r\nb\r\n", 2, 999 },
        { "x\r\na\r\nb\r\n", 2, 3 },
        { "x\r\na\r\nb\r\nc", 2, 3 },
        { "\x1b[2Jx\r\na\r\nb\r\n", 2, 7 },
        { "x\r\na\x1b[1;31m\x1b[K\r\nb\x1b[?25l\x1b]0;t\x07\r\n", 2, 3 },
        { "x\r\na\x1b[A\r\nb\r\n", 2, 999 },
        { "x\r\na\x1bM\r\nb\r\n", 2, 999 },
        { "x\r\na\r\nb\r\n\x1b[5;", 2, 3 },
        { "x\r\na\x1b[?25;1049h\r\nb\r\n", 2, 999 },
        { "x\r\na\x1b[?1049;25l\r\nb\r\n", 2, 999 },
        { "x\na\nb\n", 2, 999 },
        { "x\r\na\x1b[4h\r\nb\r\n", 2, 999 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        size_t n = strlen(cases[i].bytes);
        size_t want = cases[i].start == 999 ? n : cases[i].start;
        assert_int_equal(term_find_tail(cases[i].bytes, n, cases[i].lines), want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_term_find_tail_cases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
