/* tests/unit/base/test_utf8.c: what is UTF-8 and what only looks like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vmm/base/cleanup.h"
#include "vmm/base/utf8.h"

static size_t encode(uint32_t c, char *to)
{
    uint8_t *p = (uint8_t *)to;

    if (c < 0x80)
        return p[0] = (uint8_t)c, 1;
    if (c < 0x800)
        return p[0] = (uint8_t)(0xc0 | c >> 6), p[1] = (uint8_t)(0x80 | (c & 63)), 2;
    if (c < 0x10000)
        return p[0] = (uint8_t)(0xe0 | c >> 12), p[1] = (uint8_t)(0x80 | (c >> 6 & 63)),
               p[2] = (uint8_t)(0x80 | (c & 63)), 3;
    p[0] = (uint8_t)(0xf0 | c >> 18), p[1] = (uint8_t)(0x80 | (c >> 12 & 63));
    p[2] = (uint8_t)(0x80 | (c >> 6 & 63)), p[3] = (uint8_t)(0x80 | (c & 63));
    return 4;
}

static void test_every_code_point(void **state UNUSED)
{
    for (uint32_t c = 0; c <= 0x12ffff; c++) {
        bool valid = c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);
        char s[5] = { 0 };
        size_t n = encode(c, s);
        if (utf8_valid_length(s, n) != (valid ? n : 0))
            fail_msg("U+%X", c);
        for (size_t cut = 0; cut < n; cut++)
            assert_int_equal(utf8_valid_length(s, cut), 0);
    }
}

static void test_overlong_and_broken(void **state UNUSED)
{
    static const char *const broken[] = { "\x80",
                                          "\xbf",
                                          "\xc0\x80",
                                          "\xc1\xbf",
                                          "\xe0\x80\x80",
                                          "\xe0\x9f\xbf",
                                          "\xf0\x80\x80\x80",
                                          "\xf0\x8f\xbf\xbf",
                                          "\xf5\x80\x80\x80",
                                          "\xfe",
                                          "\xff",
                                          "\xc3(",
                                          "\xe2\x28\xa1",
                                          "\xe2\x82\x28",
                                          "\xf0\x9f\x90\x28" };

    for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
        assert_int_equal(utf8_valid_length(broken[i], strlen(broken[i])), 0);
        assert_false(utf8_is_valid(broken[i], strlen(broken[i])));
    }
}

static void test_is_valid(void **state UNUSED)
{
    assert_true(utf8_is_valid("", 0));
    assert_true(utf8_is_valid("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7", 10));
    assert_false(utf8_is_valid("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7", 9));
}

static void test_unfinished(void **state UNUSED)
{
    static const struct {
        const char *text;
        size_t wanted;
    } cases[] = { { "", 0 },
                  { "a", 0 },
                  { "a\xe2", 1 },
                  { "a\xe2\x82", 2 },
                  { "\xe2\x82\xac", 0 },
                  { "\xf0\x9f\x90", 3 },
                  { "\xf0\x9f\x90\xa7", 0 },
                  { "\xff", 0 },
                  { "\xe0\x80", 0 },
                  { "\xed\xa0", 0 },
                  { "\x82\xac", 0 } };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(utf8_unfinished(cases[i].text, strlen(cases[i].text)), cases[i].wanted);
}

static void test_copy_printable(void **state UNUSED)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = { { "plain \xc3\xa9", "plain \xc3\xa9" },
                  { "a\x1b[31m\tb\x7f", "a[31mb" },
                  { "a\xc2\x9c\xc2\xa0"
                    "b",
                    "a\xc2\xa0"
                    "b" },
                  { "\x9b"
                    "c",
                    UTF8_REPLACEMENT "c" },
                  { "twelve bytes \xe2\x82\xac", "twelve bytes " } };
    char text[15];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        size_t n = utf8_copy_printable(text, sizeof(text), cases[i].text, strlen(cases[i].text));
        assert_string_equal(text, cases[i].wanted);
        assert_int_equal(n, strlen(text));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point), cmocka_unit_test(test_overlong_and_broken),
        cmocka_unit_test(test_is_valid),         cmocka_unit_test(test_unfinished),
        cmocka_unit_test(test_copy_printable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
