/* Foreign text on its way to a terminal. */
#include "engine/cmd/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_escape(void **state UNUSED)
{
    static const struct {
        const char *in, *line, *lines;
    } cases[] = {
        { "plain \xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x90\xa7",
          "plain \xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x90\xa7",
          "plain \xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x90\xa7" },
        { "\x1b[31m\a\x7f", "\\x1b[31m\\x07\\x7f", "\\x1b[31m\\x07\\x7f" },
        { "a\nb\tc\rd", "a\\nb\\tc\\rd", "a\nb\tc\\rd" },
        { "\xc2\x9b"
          "31m",
          "\\u009b31m", "\\u009b31m" },
        { "\xe2\x80\xae"
          "abc",
          "\\u202eabc", "\\u202eabc" },
        { "\xff\xc3", "\\xff\\xc3", "\\xff\\xc3" },
        { "", "", "" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char out[256] = "";
        FILE *f = fmemopen(out, sizeof(out), "w");

        text_print(f, cases[i].in);
        fclose(f);
        assert_string_equal(out, cases[i].line);
        f = fmemopen(out, sizeof(out), "w");
        text_print_lines(f, cases[i].in);
        fputc('\0', f);
        fclose(f);
        assert_string_equal(out, cases[i].lines);
    }
}

static void test_quote(void **state UNUSED)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "plain-1.0:/x=y,", "plain-1.0:/x=y," },
        { "", "''" },
        { "a b", "'a b'" },
        { "it's", "'it'\\''s'" },
        { "$HOME", "'$HOME'" },
        { "a\nb", "$'a\\nb'" },
        { "\x1b'\\", "$'\\x1b\\'\\\\'" },
        { "\xff", "$'\\xff'" },
        { "\xc3\xa9", "\xc3\xa9" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_buf b = BUF_INIT(256);

        assert_true(text_quote(&b, cases[i].in));
        assert_string_equal(b.data, cases[i].out);
    }
}

static void test_quote_words_joins(void **state UNUSED)
{
    static const char *const words[] = { "sh", "-lc", "a b" };
    scoped_buf b = BUF_INIT(256);

    assert_true(text_quote_words(&b, words, 3));
    assert_string_equal(b.data, "sh -lc 'a b'");
}

static void test_nearest(void **state UNUSED)
{
    static const char *const list[] = { "create", "list", "status", "delete", "--timeout-seconds",
                                        NULL };
    static const struct {
        const char *word, *best;
    } cases[] = {
        { "craete", "create" },
        { "lst", "list" },
        { "delet", "delete" },
        { "sta", "status" },
        { "qqqqqq", NULL },
        { "x", NULL },
        { "--timeout", "--timeout-seconds" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *best = text_nearest(cases[i].word, list);

        assert_string_equal(best ? best : "-", cases[i].best ? cases[i].best : "-");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_quote),
        cmocka_unit_test(test_quote_words_joins),
        cmocka_unit_test(test_nearest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
