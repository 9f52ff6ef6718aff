/* tests/unit/base/test_error.c: errors as values, and the table of their codes. */
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "vmm/base/error.h"
#include "vmm/base/utf8.h"

static void test_fail_wrap_hint(void **state UNUSED)
{
    struct pyro_error err = { 0 };

    assert_false(pyro_fail(&err, PYRO_TIMEOUT, "thing %d: too slow", 7));
    assert_false(pyro_wrap(&err, "starting '%s'", "x"));
    assert_false(pyro_hint(&err, "wait %s", "longer"));
    assert_int_equal(err.code, PYRO_TIMEOUT);
    assert_string_equal(err.message, "starting 'x': thing 7: too slow");
    assert_string_equal(pyro_error_hint(&err), "wait longer");
    assert_false(pyro_fail(&err, PYRO_IO, "again"));
    assert_string_equal(err.message, "again");
    assert_string_not_equal(pyro_error_hint(&err), "wait longer");
    assert_null(pyro_no_memory(&err, "thing"));
    assert_int_equal(err.code, PYRO_NO_MEMORY);
    assert_string_equal(err.message, "thing: out of memory");
    assert_null(pyro_no_memory(&err, NULL));
    assert_string_equal(err.message, "out of memory");
    /* All may be called without one. */
    assert_null(pyro_no_memory(NULL, NULL));
    assert_false(pyro_fail(NULL, PYRO_IO, "x"));
    assert_false(pyro_fail_errno(NULL, "x"));
    assert_false(pyro_wrap(NULL, "x"));
    assert_false(pyro_hint(NULL, "x"));
}

static void test_copy_and_recode(void **state UNUSED)
{
    struct pyro_error why = { 0 }, err = { 0 };

    pyro_fail(&why, PYRO_TIMEOUT, "too slow");
    assert_false(pyro_copy(&err, &why));
    assert_true(pyro_is(&err, PYRO_TIMEOUT));
    assert_false(pyro_recode(&err, PYRO_VM_FAILED));
    assert_true(pyro_is(&err, PYRO_VM_FAILED));
    assert_false(pyro_is(&err, PYRO_TIMEOUT));
    assert_string_equal(err.message, "too slow");
    assert_false(pyro_copy(NULL, &why));
    assert_false(pyro_recode(NULL, PYRO_IO));
    assert_false(pyro_is(NULL, PYRO_OK));
}

static void test_errno_gives_the_code(void **state UNUSED)
{
    static const struct {
        int number;
        enum pyro_code code;
    } cases[] = { { ENOSPC, PYRO_NO_SPACE },
                  { EACCES, PYRO_PERMISSION },
                  { EPERM, PYRO_PERMISSION },
                  { ENOENT, PYRO_IO },
                  { ENOMEM, PYRO_NO_MEMORY } };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pyro_error err = { 0 };
        errno = cases[i].number;
        assert_false(pyro_fail_errno(&err, "open '%s'", "f"));
        assert_int_equal(err.code, cases[i].code);
        assert_int_equal(err.sys_errno, cases[i].number);
        assert_memory_equal(err.message, "open 'f': ", 10);
        assert_non_null(strstr(err.message, strerror(cases[i].number)));
    }
}

static void test_no_descriptors_left_says_what_to_do(void **state UNUSED)
{
    struct pyro_error err = { 0 };

    errno = EMFILE;
    assert_false(pyro_fail_errno(&err, "open '%s'", "f"));
    assert_non_null(strstr(pyro_error_hint(&err), "ulimit -n"));
    errno = ENFILE;
    assert_false(pyro_fail_errno(&err, "open '%s'", "f"));
    assert_non_null(strstr(pyro_error_hint(&err), "fs.file-max"));
    errno = EIO;
    assert_false(pyro_fail_errno(&err, "open '%s'", "f"));
    assert_string_equal(pyro_error_hint(&err), "");
}

static void test_long_messages_are_cut(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    char text[3000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    pyro_fail(&err, PYRO_IO, "%s", text);
    assert_in_range(strlen(err.message), 100, sizeof(err.message) - 1);
    pyro_wrap(&err, "context");
    assert_memory_equal(err.message, "context: xxx", 12);
    pyro_wrap(&err, "%s", text);
    pyro_hint(&err, "%s", text);
    assert_true(strlen(err.message) < sizeof(err.message));
    assert_true(strlen(err.hint) < sizeof(err.hint));
}

static void test_table_is_whole(void **state UNUSED)
{
    for (int code = 0; code < PYRO_CODE_COUNT; code++) {
        const char *name = pyro_code_name((enum pyro_code)code);
        assert_non_null(name);
        assert_true(*name);
        for (const char *p = name; *p; p++)
            assert_true(islower((unsigned char)*p) || *p == '_');
        /* "ok" is not an error: a peer that says so would make a failure a success. */
        assert_int_equal(pyro_code_from_name(name), code == PYRO_OK ? PYRO_INTERNAL : code);
    }
    assert_int_equal(pyro_code_from_name("no_such_code"), PYRO_INTERNAL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fail_wrap_hint),
        cmocka_unit_test(test_copy_and_recode),
        cmocka_unit_test(test_errno_gives_the_code),
        cmocka_unit_test(test_no_descriptors_left_says_what_to_do),
        cmocka_unit_test(test_long_messages_are_cut),
        cmocka_unit_test(test_table_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
