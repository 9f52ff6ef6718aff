/* Names and labels: what they may be, and that a change applies as a whole or not at all. */
#include "engine/state/names.h"
#include "engine/state/record_change.h"
#include "tests/unit/unit.h"

#include <string.h>

#include "engine/state/record.h"
#include "engine/workspace/workspace.h"

static void test_workspace_check_name_rules(void **state UNUSED)
{
    static const struct {
        const char *name;
        bool ok;
    } cases[] = {
        { "a", true },
        { "A9", true },
        { "build-1.x_y", true },
        { "0123456789012345678901234567890123456789012345678901234567890123", true },
        { "01234567890123456789012345678901234567890123456789012345678901234", false },
        { "", false },
        { ".a", false },
        { "-a", false },
        { "a b", false },
        { "a/b", false },
        { "\xc3\xa9", false },
        { "a\n", false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(workspace_check_name("name", cases[i].name, NULL), cases[i].ok);
}

static void test_workspace_check_label_value_rules(void **state UNUSED)
{
    char long_value[258];

    memset(long_value, 'x', sizeof(long_value));
    long_value[256] = '\0';
    assert_true(workspace_check_label_value(long_value, NULL));
    long_value[256] = 'x', long_value[257] = '\0';
    assert_false(workspace_check_label_value(long_value, NULL));
    assert_true(workspace_check_label_value("", NULL));
    assert_true(workspace_check_label_value("\xc3\xa9 \xe2\x82\xac", NULL));
    assert_false(workspace_check_label_value("a\x1b[31m", NULL));
    assert_false(workspace_check_label_value("\xc2\x9b"
                                             "31m",
                                             NULL));
    assert_false(workspace_check_label_value("\xff", NULL));
}

static void test_workspace_apply_change_is_all_or_nothing(void **state UNUSED)
{
    struct workspace_record r;
    scoped_json json_t *bad =
        json_pack("{s:s, s:{s:s, s:s}}", "name", "new", "labels", "good", "1", "bad key", "2");
    scoped_json json_t *good =
        json_pack("{s:n, s:{s:s}, s:[s]}", "name", "labels", "b", "2", "clear_labels", "a");
    scoped_json json_t *missing = json_pack("{s:[s]}", "clear_labels", "none");
    struct pyro_error err = { 0 };

    record_init(&r);
    record_set_string(&r.name, "old");
    json_object_set_new(r.labels, "a", json_string("1"));
    assert_false(workspace_apply_change(&r, bad, &err));
    assert_string_equal(r.name, "old");
    assert_int_equal(json_object_size(r.labels), 1);
    assert_false(workspace_apply_change(&r, missing, &err));
    assert_true(workspace_apply_change(&r, good, &err));
    assert_null(r.name);
    assert_null(json_object_get(r.labels, "a"));
    assert_string_equal(json_string_or(r.labels, "b", ""), "2");
    record_release(&r);
}

/* Variables are set beside those that are there, and bounded together. */
static void test_workspace_apply_change_sets_variables(void **state UNUSED)
{
    scoped_record struct workspace_record r = { 0 };
    scoped_json json_t *first = json_pack("{s:{s:s, s:s}}", "env", "A", "1", "B_2", "x y");
    scoped_json json_t *second = json_pack("{s:{s:s}}", "env", "A", "");
    scoped_json json_t *bad = json_pack("{s:{s:s, s:s}}", "env", "C", "1", "1A", "2");
    scoped_json json_t *no_text = json_pack("{s:{s:i}}", "env", "A", 1);
    scoped_json json_t *large = json_object();
    struct pyro_error err = { 0 };
    char text[40000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    json_object_set_new(large, "env", json_pack("{s:s}", "LARGE", text));
    record_init(&r);
    assert_true(workspace_apply_change(&r, first, &err));
    assert_true(workspace_apply_change(&r, second, &err));
    assert_int_equal(json_object_size(r.env), 2);
    assert_string_equal(json_string_or(r.env, "A", "?"), "");
    assert_string_equal(json_string_or(r.env, "B_2", ""), "x y");
    assert_false(workspace_apply_change(&r, bad, &err));
    assert_non_null(strstr(err.message, "'1A' is not the name"));
    assert_false(workspace_apply_change(&r, no_text, &err));
    assert_int_equal(json_object_size(r.env), 2);
    assert_true(workspace_apply_change(&r, large, &err));
    json_object_set_new(large, "env", json_pack("{s:s}", "MORE", text));
    assert_false(workspace_apply_change(&r, large, &err));
    assert_int_equal(err.code, PYRO_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "65536"));
    assert_null(json_object_get(r.env, "MORE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workspace_check_name_rules),
        cmocka_unit_test(test_workspace_check_label_value_rules),
        cmocka_unit_test(test_workspace_apply_change_is_all_or_nothing),
        cmocka_unit_test(test_workspace_apply_change_sets_variables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
