/* Requests to run a command: packed and read by the same rows, and refused if invalid. */
#include "tests/unit/unit.h"

#include <string.h>

#include "vmm/base/command_request.h"

static const struct {
    const struct row_spec *rows;
    const char *text;
} sound[] = {
    { exec_request_rows, "{\"command\": [\"ls\"]}" },
    { exec_request_rows,
      "{\"command\": [\"ls\", \"\"], \"cwd\": \"/tmp\", \"env\": {\"_A1\": \"\"}, "
      "\"secret_env\": {\"TOKEN\": \"N\"}, \"timeout_ms\": 1}" },
    { shell_request_rows, "{}" },
    { shell_request_rows,
      "{\"shell\": \"sh1\", \"command\": [\"bash\"], \"cols\": 1, \"rows\": 1000, "
      "\"interactive\": false, \"for_program\": true, \"env\": null}" },
    { service_request_rows, "{\"service\": \"s\", \"command\": [\"x\"], \"readiness\": null}" },
    { service_request_rows, "{\"service\": \"s\", \"command\": [\"x\"], \"readiness\": {}, "
                            "\"published\": []}" },
};

static bool load(const struct row_spec *rows, const char *text, struct command_request *ret,
                 struct pyro_error *err)
{
    scoped_json json_t *j = json_parse(text, strlen(text), JSON_BYTES_MAX, NULL);

    assert_non_null(j);
    return command_request_load(rows, j, ret, err);
}

static void test_command_request_is_packed_as_it_is_read(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(sound); i++) {
        scoped_command_request first = { 0 }, second = { 0 };
        scoped_json json_t *packed = NULL, *again = NULL;
        struct pyro_error err = { 0 };
        if (!load(sound[i].rows, sound[i].text, &first, &err))
            fail_msg("%s: %s", sound[i].text, err.message);
        packed = command_request_pack(sound[i].rows, &first, "op", "do");
        assert_string_equal(json_string_or(packed, "op", ""), "op");
        assert_string_equal(json_string_or(packed, "do", ""), "do");
        assert_true(command_request_load(sound[i].rows, packed, &second, NULL));
        again = command_request_pack(sound[i].rows, &second, "op", "do");
        assert_true(json_equal(packed, again));
    }
}

static void test_command_request_has_defaults(void **state UNUSED)
{
    scoped_command_request exec = { 0 }, shell = { 0 };

    assert_true(load(exec_request_rows, "{\"command\": [\"ls\"]}", &exec, NULL));
    assert_string_equal(exec.cwd, "/workspace");
    assert_int_equal(exec.timeout_ms, 0);
    assert_true(load(shell_request_rows, "{}", &shell, NULL));
    assert_int_equal(shell.cols, 120);
    assert_int_equal(shell.rows, 30);
    assert_true(shell.interactive && !shell.for_program && !shell.command);
}

static void test_command_request_refuses_what_is_not_sound(void **state UNUSED)
{
    static const struct {
        const struct row_spec *rows;
        const char *text, *says;
    } cases[] = {
        { exec_request_rows, "{}", "'command' is missing" },
        { exec_request_rows, "{\"command\": []}", "'command' has 0 items" },
        { exec_request_rows, "{\"command\": [1]}", "list of strings" },
        { exec_request_rows, "{\"command\": [\"x\"], \"cwd\": 1}", "'cwd'" },
        { exec_request_rows, "{\"command\": [\"x\"], \"timeout_ms\": -1}", "'timeout_ms' is -1" },
        { exec_request_rows, "{\"command\": [\"x\"], \"env\": {\"A\": 1}}", "'env'" },
        { exec_request_rows, "{\"command\": [\"x\"], \"env\": {\"A=B\": \"\"}}", "'A=B' is not" },
        { exec_request_rows, "{\"command\": [\"x\"], \"env\": {\"\": \"\"}}", "'' is not" },
        { exec_request_rows, "{\"command\": [\"x\"], \"env\": {\"1A\": \"\"}}", "'1A' is not" },
        { exec_request_rows,
          "{\"command\": [\"x\"], \"env\": {\"A\": \"\"}, \"secret_env\": {\"A\": \"T\"}}",
          "'A' is given by --env and by --secret-env" },
        { shell_request_rows, "{\"cols\": 1001}", "'cols' is 1001" },
        { service_request_rows, "{\"command\": [\"x\"]}", "'service' is missing" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_command_request r = { 0 };
        struct pyro_error err = { 0 };
        assert_false(load(cases[i].rows, cases[i].text, &r, &err));
        assert_int_equal(err.code, PYRO_INVALID_ARGUMENT);
        if (!strstr(err.message, cases[i].says))
            fail_msg("%s: %s", cases[i].text, err.message);
    }
}

/* What was not read from a message is held to the same rows. */
static void test_command_request_check(void **state UNUSED)
{
    scoped_json json_t *words = json_pack("[s]", "ls"), *one = json_pack("{s:s}", "A", "x");
    const struct command_request whole = { .command = words, .env = one, .timeout_ms = 5 };
    struct command_request late = whole, doubled = whole, empty = whole;
    struct pyro_error err = { 0 };

    late.timeout_ms = -1;
    doubled.secret_env = one;
    empty.command = NULL;
    assert_true(command_request_check(exec_request_rows, &whole, &err));
    assert_false(command_request_check(exec_request_rows, &doubled, NULL));
    assert_false(command_request_check(exec_request_rows, &late, &err));
    assert_int_equal(err.code, PYRO_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "'timeout_ms' is -1"));
    assert_false(command_request_check(exec_request_rows, &empty, &err));
    assert_non_null(strstr(err.message, "'command' is missing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_request_is_packed_as_it_is_read),
        cmocka_unit_test(test_command_request_has_defaults),
        cmocka_unit_test(test_command_request_refuses_what_is_not_sound),
        cmocka_unit_test(test_command_request_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
