/* Looks from SGR sequences and back, and text that keeps its colours. */
#include <string.h>

#include "engine/term/plain.h"
#include "engine/term/sgr.h"
#include "tests/unit/unit.h"

static void test_sgr_take_looks(void **state)
{
    static const struct {
        const char *text;
        uint64_t look;
    } cases[] = {
        { "\x1b[31m", SGR_LOOK(TERM_COLOR_INDEX(1), 0, 0) },
        { "\x1b[1;97;104m", SGR_LOOK(TERM_COLOR_INDEX(15), TERM_COLOR_INDEX(12), TERM_BOLD) },
        { "\x1b[38;5;200m", SGR_LOOK(TERM_COLOR_INDEX(200), 0, 0) },
        { "\x1b[48;2;1;2;300m", SGR_LOOK(0, TERM_COLOR_RGB(0x0102ff), 0) },
        { "\x1b[38:2:10:20:30m", SGR_LOOK(TERM_COLOR_RGB(0x0a141e), 0, 0) },
        { "\x1b[38:2::10:20:30m", SGR_LOOK(TERM_COLOR_RGB(0x0a141e), 0, 0) },
        { "\x1b[38:5:9;3m", SGR_LOOK(TERM_COLOR_INDEX(9), 0, TERM_ITALIC) },
        { "\x1b[4:3m", SGR_LOOK(0, 0, TERM_UNDERLINE_MASK) },
        { "\x1b[58;5;1;4m", SGR_LOOK(0, 0, TERM_UNDERLINE) },
        { "\x1b[1;2;22;7m", SGR_LOOK(0, 0, TERM_REVERSE) },
        { "\x1b[31;m", 0 },
        { "\x1b[38;5m", 0 },
        { "\x1b[38;2;1m", 0 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t look = 0;
        assert_int_equal(sgr_take(cases[i].text, strlen(cases[i].text), &look),
                         strlen(cases[i].text));
        assert_int_equal(look, cases[i].look);
    }
}

static void test_sgr_take_refuses(void **state)
{
    static const char *const cases[] = { "",
                                         "\x1b[",
                                         "\x1b[1",
                                         "\x1b[?1m",
                                         "\x1b[H",
                                         "\x1b[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1m",
                                         "\x1b[1234567m",
                                         "x" };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint64_t look = 7;
        assert_int_equal(sgr_take(cases[i], strlen(cases[i]), &look), 0);
        assert_int_equal(look, 7);
    }
}

static void test_sgr_put_is_what_sgr_take_reads(void **state)
{
    static const uint32_t colors[] = { 0, TERM_COLOR_INDEX(3), TERM_COLOR_INDEX(11),
                                       TERM_COLOR_INDEX(255), TERM_COLOR_RGB(0xfefdfc) };
    uint64_t before = 0;

    (void)state;
    for (size_t fg = 0; fg < ARRAY_SIZE(colors); fg++) {
        for (size_t bg = 0; bg < ARRAY_SIZE(colors); bg++) {
            for (unsigned attr = 0; attr <= TERM_ATTRS_ALL; attr++) {
                uint64_t look = SGR_LOOK(colors[fg], colors[bg], attr), after = before;
                scoped_buf out = BUF_INIT(1000);
                size_t used = 0;
                assert_true(sgr_put(&out, before, look));
                assert_true(out.len <= SGR_TEXT_MAX);
                while (used < out.len) {
                    size_t n = sgr_take(out.data + used, out.len - used, &after);
                    assert_true(n > 0);
                    used += n;
                }
                assert_int_equal(after, look);
                before = look;
            }
        }
    }
}

static void check_colors(const char *input, int cols, const char *wanted)
{
    struct plain_options options = { .rows = 3, .cols = cols, .colors = true, .ended = true };
    struct plain_result result;
    struct pyro_error err = { 0 };

    if (!plain_render(input, strlen(input), &options, &result, &err))
        fail_msg("%s", err.message);
    assert_string_equal(result.text.data ? result.text.data : "", wanted);
    buf_release(&result.text);
}

static void test_plain_text_in_colors(void **state)
{
    (void)state;
    check_colors("a\x1b[31mb\x1b[mc", 80, "a\x1b[31mb\x1b[mc");
    /* each line begins afresh, a wrapped one stays one */
    check_colors("\x1b[1;32mone\r\ntwo", 80, "\x1b[1;32mone\x1b[m\n\x1b[1;32mtwo\x1b[m");
    check_colors("\x1b[32mabcdef", 4, "\x1b[32mabcd\x1b[m\x1b[32mef\x1b[m");
    /* what is overwritten loses its colour, what is erased, too */
    check_colors("\x1b[31mabc\r\x1b[34mx\x1b[C\x1b[X", 80, "\x1b[34mx\x1b[0;31mb\x1b[m");
    check_colors("\x1b[41m\xe6\xbc\xa2\x1b[m!", 80, "\x1b[41m\xe6\xbc\xa2\x1b[m!");
    /* saved and restored with the cursor; reset with the terminal; never of the alternate screen */
    check_colors("\x1b[31ma\x1b"
                 "7\x1b[mb\x1b"
                 "8c",
                 80, "\x1b[31mac\x1b[m");
    check_colors("\x1b[31ma\r\n\x1b[!pb", 80, "\x1b[31ma\x1b[m\nb");
    /* what had scrolled away stays when the screen is cleared */
    check_colors("1\r\n2\r\n3\r\n4\x1b[H\x1b[2J5", 80, "1\n5");
    check_colors("a\x1b[?1049h\x1b[31mb\x1b[?1049l\x1b[mc", 80, "ac");
}

static void test_plain_text_in_colors_is_bounded(void **state)
{
    scoped_buf input = BUF_INIT(4 << 20);
    struct plain_options options = { .rows = 2, .cols = 1000, .colors = true, .ended = true };
    struct plain_result result;
    struct pyro_error err = { 0 };

    (void)state;
    /* two looks, cell by cell in turn, for a few bytes each */
    for (int row = 0; row < 300; row++) {
        assert_true(buf_append_str(&input, "\x1b[0;1;3;38;2;111;112;113;48;2;101;102;103m"));
        for (int i = 0; i < 500; i++)
            assert_true(buf_append_str(&input, "a\x1b[C"));
        assert_true(buf_append_str(&input, "\r\x1b[0;9;38;2;211;212;213;48;2;201;202;203m"));
        for (int i = 0; i < 500; i++)
            assert_true(buf_append_str(&input, "\x1b[Cb"));
        assert_true(buf_append_str(&input, "\r\n"));
    }
    assert_true(plain_render(input.data, input.len, &options, &result, &err));
    assert_true(result.text.len < 300 * 1001 + 4 * input.len + SGR_TEXT_MAX);
    assert_non_null(strstr(result.text.data, "\x1b[1;3;38;2;111;112;113;48;2;101;102;103ma"));
    result.text.len = sgr_strip(result.text.data, result.text.len, result.text.data, NULL);
    assert_int_equal(result.text.len, 300 * 1001);
    buf_release(&result.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sgr_take_looks),
        cmocka_unit_test(test_sgr_take_refuses),
        cmocka_unit_test(test_sgr_put_is_what_sgr_take_reads),
        cmocka_unit_test(test_plain_text_in_colors),
        cmocka_unit_test(test_plain_text_in_colors_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
