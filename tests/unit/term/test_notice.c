/* Notifications: long ones are cut, and what is not one leaves nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/term/notice.h"

static void test_notice_of_string_cuts(void **state)
{
    char text[8];

    (void)state;
    assert_true(notice_of_string(']', "9;abcdefghij", 12, text, sizeof(text)));
    assert_string_equal(text, "abcdefg");
    assert_true(notice_of_string(']', "777;notify;title;body", 21, text, sizeof(text)));
    assert_string_equal(text, "title: ");
    assert_true(notice_of_string(']', "99;e=1;MDEyMzQ1Njc4OQ==", 23, text, sizeof(text)));
    assert_string_equal(text, "0123456");
}

static void test_notice_of_string_refuses(void **state)
{
    static const char *const none[] = {
        "", "9", "99", "777", "777;", "99;", "99;p=icon;x", "8;;x"
    };
    char text[8];

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_false(notice_of_string(']', none[i], strlen(none[i]), text, sizeof(text)));
        assert_string_equal(text, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notice_of_string_cuts),
        cmocka_unit_test(test_notice_of_string_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
