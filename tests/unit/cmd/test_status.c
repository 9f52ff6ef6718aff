/* tests/unit/cmd/test_status.c: every error code's exit status, and that no peer can make it a
 * usage error. */
#include "tests/unit/unit.h"

#include <string.h>

#include "engine/cmd/spec.h"
#include "engine/cmd/status.h"
#include "vmm/base/json.h"
#include "vmm/base/link.h"

static bool is_usage(enum pyro_code code)
{
    const char *name = pyro_code_name(code);

    return !strcmp(name, "usage") || !strcmp(name, "invalid_argument");
}

static void test_status_of_every_code(void **state UNUSED)
{
    assert_int_equal(status_of_code(PYRO_OK, 0), 0);
    assert_int_equal(status_of_code(PYRO_OK, CMD_GUEST_STATUS), 0);
    for (int code = PYRO_OK + 1; code < PYRO_CODE_COUNT; code++) {
        bool usage = is_usage((enum pyro_code)code);

        assert_int_equal(status_of_code((enum pyro_code)code, 0), usage ? 2 : 1);
        assert_int_equal(status_of_code((enum pyro_code)code, CMD_GUEST_STATUS), usage ? 2 : 125);
        assert_int_equal(status_of_code((enum pyro_code)code, CMD_DESTRUCTIVE), usage ? 2 : 1);
    }
}

static void test_no_failure_ends_as_a_success(void **state UNUSED)
{
    scoped_json json_t *ok = json_pack("{s:{s:s, s:s}}", "error", "code", "ok", "message", "no");
    struct pyro_error silent = { 0 }, full = { .code = PYRO_NO_SPACE, .message = "full" }, got;

    assert_int_equal(status_of_failure(&silent, 0), 1);
    assert_int_equal(silent.code, PYRO_INTERNAL);
    assert_string_not_equal(silent.message, "");
    silent = (struct pyro_error){ 0 };
    assert_int_equal(status_of_failure(&silent, CMD_GUEST_STATUS), 125);
    assert_int_equal(status_of_failure(&full, 0), 1);
    assert_string_equal(full.message, "full");
    assert_false(error_from_result(ok, &got));
    assert_int_equal(got.code, PYRO_INTERNAL);
}

static void test_errors_of_a_peer_are_no_usage_errors(void **state UNUSED)
{
    for (int code = PYRO_OK + 1; code < PYRO_CODE_COUNT; code++) {
        struct pyro_error said = { .code = (enum pyro_code)code, .message = "no" }, got = { 0 };
        scoped_json json_t *result = json_pack("{s:o}", "error", error_to_json(&said));

        assert_false(error_from_result(result, &got));
        assert_int_equal(status_of_code(got.code, 0), 1);
        assert_int_equal(got.code, is_usage(said.code) ? PYRO_REFUSED : said.code);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_of_every_code),
        cmocka_unit_test(test_no_failure_ends_as_a_success),
        cmocka_unit_test(test_errors_of_a_peer_are_no_usage_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
