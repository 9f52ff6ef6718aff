/* tests/unit/guest/test_modes.c: what output leaves a terminal in. */
#include "tests/unit/unit.h"

#include <string.h>

#include "guest/modes.h"
#include "vmm/base/cleanup.h"

/* Fed whole, and byte by byte. */
static struct modes fed(const char *text)
{
    struct modes whole = { .paste = false }, split = { .paste = false };

    modes_feed(&whole, text, strlen(text));
    for (const char *at = text; *at; at++)
        modes_feed(&split, at, 1);
    assert_int_equal(whole.column, split.column);
    assert_int_equal(modes_ends_in_line(&whole), modes_ends_in_line(&split));
    assert_int_equal(whole.paste, split.paste);
    return whole;
}

static void test_modes_column(void **state UNUSED)
{
    static const struct {
        const char *text;
        unsigned column;
    } rows[] = {
        { "", 0 },
        { "Go? ", 4 },
        { "a\r\n", 0 },
        { "a\n", 1 }, /* raw: only a line further down */
        { "abc\rd", 1 },
        { "\xc3\xa4\xe2\x82\xac", 2 },
        { "ab\b\b\b", 0 },
        { "a\tb", 9 },
        { "\033[1;32m? \033[0m", 2 },
        { "abcdef\033[3D", 3 },
        { "abc\033[100D", 0 },
        { "abc\033[D\033[2C", 4 },
        { "abc\033[G", 0 },
        { "\033[5G", 4 },
        { "\033[3;7H", 6 },
        { "abc\033[2;1;3H", 0 },
        { "abc\033[H", 0 },
        { "abc\033[E", 0 },
        { "abc\033[s\033[9C\033[u", 3 },
        { "abc\0337\r\n\0338", 3 },
        { "abc\033[K\033[J\033[?25h", 3 },
        { "\033]0;a title\a", 0 },
        { "\033]0;a title\033\\x", 1 },
        { "\033(Bx", 1 },
        { "\033[>4;1m", 0 },
        { "\033[2 qx", 1 }, /* an intermediate byte: the cursor's shape */
        { "abc\033c", 0 },
        { "abc\033[\030d", 4 },
        { "\033[99999999999999999999C", 100000 },
        { "abc\033[?1049h\033[H\033[?1049l", 3 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct modes m = fed(rows[i].text);
        if (i == 28) /* more than any terminal has is as good as another */
            assert_true(m.column >= 99999);
        else if (m.column != rows[i].column)
            fail_msg("row %zu: column %u, not %u", i, m.column, rows[i].column);
    }
}

static void test_modes_screen(void **state UNUSED)
{
    struct modes m = fed("Go? \033[?2004h");

    assert_true(m.paste);
    assert_true(modes_ends_in_line(&m));
    m = fed("Go? \033[?25l");
    assert_false(modes_ends_in_line(&m));
    m = fed("Go? \033[?1049;25h");
    assert_false(modes_ends_in_line(&m));
    m = fed("Go? \033[?47h\033[?47lx");
    assert_true(modes_ends_in_line(&m));
    m = fed("Go? \033[?2004h\033[?12;2004l");
    assert_false(m.paste);
    m = fed("\033[2004h"); /* not a private mode */
    assert_false(m.paste);
}

static void test_modes_gives_up_a_string(void **state UNUSED)
{
    char text[6000] = "\033]0;";
    struct modes m = { .paste = false };

    memset(text + 4, 'a', sizeof(text) - 4);
    modes_feed(&m, text, sizeof(text));
    assert_true(m.column > 0 && m.column < 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes_column),
        cmocka_unit_test(test_modes_screen),
        cmocka_unit_test(test_modes_gives_up_a_string),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
