/* Sessions: known, ended, and the idle ones making room. */
#include "engine/http/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/base/cleanup.h"

static struct sessions sessions;

static int reset(void **state UNUSED)
{
    memset(&sessions, 0, sizeof(sessions));
    return 0;
}

static void test_session_use_knows_what_was_begun(void **state UNUSED)
{
    char a[SESSION_ID_SIZE], b[SESSION_ID_SIZE];

    session_begin(&sessions, a);
    session_begin(&sessions, b);
    assert_int_equal(strlen(a), SESSION_ID_SIZE - 1);
    assert_string_not_equal(a, b);
    assert_true(session_use(&sessions, a));
    assert_false(session_use(&sessions, "0123456789abcdef0123456789abcdef"));
}

static void test_session_use_refuses_an_empty_id(void **state UNUSED)
{
    assert_false(session_use(&sessions, ""));
    assert_false(session_end(&sessions, ""));
}

static void test_session_end_ends_one(void **state UNUSED)
{
    char a[SESSION_ID_SIZE], b[SESSION_ID_SIZE];

    session_begin(&sessions, a);
    session_begin(&sessions, b);
    assert_true(session_end(&sessions, a));
    assert_false(session_use(&sessions, a));
    assert_false(session_end(&sessions, a));
    assert_true(session_use(&sessions, b));
}

static void test_session_begin_takes_the_place_of_the_idlest(void **state UNUSED)
{
    char first[SESSION_ID_SIZE], second[SESSION_ID_SIZE], more[SESSION_ID_SIZE];

    session_begin(&sessions, first);
    session_begin(&sessions, second);
    for (int i = 2; i < SESSIONS_MAX; i++)
        session_begin(&sessions, more);
    assert_true(session_use(&sessions, first));
    session_begin(&sessions, more);
    assert_true(session_use(&sessions, first));
    assert_false(session_use(&sessions, second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_session_use_knows_what_was_begun, reset),
        cmocka_unit_test_setup(test_session_use_refuses_an_empty_id, reset),
        cmocka_unit_test_setup(test_session_end_ends_one, reset),
        cmocka_unit_test_setup(test_session_begin_takes_the_place_of_the_idlest, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
