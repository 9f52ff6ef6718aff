/* tests/unit/base/test_json.c: limits on foreign JSON, getters, lossy strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "vmm/base/json.h"

static json_t *parse(const char *text, struct pyro_error *err)
{
    return json_parse(text, strlen(text), 1000, err);
}

static void test_parse_refuses(void **state UNUSED)
{
    static const char *const broken[] = { "",         "{",           "{\"a\":1,\"a\":2}",
                                          "nul",      "{} x",        "{\"a\":01}",
                                          "\"\xff\"", "{'a':1}",     "[1,]",
                                          "1e999",    "\"\\ud800\"", "{\"a\"}",
                                          "\"a\nb\"", "\"\\u0000\"", "99999999999999999999" };

    for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
        struct pyro_error err = { 0 };
        json_t *j = parse(broken[i], &err);
        if (j)
            fail_msg("'%s' was taken", broken[i]);
        assert_int_equal(err.code, PYRO_RECORD_INVALID);
        assert_true(err.message[0]);
    }
}

static void test_parse_size_limit(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    scoped_json json_t *fits = json_parse("[1,2]", 5, 5, &err);

    assert_non_null(fits);
    assert_null(json_parse("[1,23]", 6, 5, &err));
    assert_int_equal(err.code, PYRO_RECORD_INVALID);
}

/* n brackets, a string that holds more of them in the innermost one. */
static json_t *nested(int n, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(10000);

    for (int i = 0; i < n; i++)
        assert_true(buf_append_str(&text, i % 2 ? "{\"a\":" : "["));
    assert_true(buf_append_str(&text, "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[\""));
    for (int i = n; i-- > 0;)
        assert_true(buf_append_str(&text, i % 2 ? "}" : "]"));
    return json_parse(text.data, text.len, 10000, err);
}

static void test_parse_depth_limit(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    scoped_json json_t *fits = nested(JSON_DEPTH_MAX, &err);

    assert_non_null(fits);
    assert_null(nested(JSON_DEPTH_MAX + 1, &err));
    assert_int_equal(err.code, PYRO_RECORD_INVALID);
}

static void test_getters(void **state UNUSED)
{
    scoped_json json_t *j =
        json_pack("{s:s, s:i, s:b, s:n, s:f}", "s", "text", "i", 5, "b", 1, "n", "f", 1.5);
    struct pyro_error err = { 0 };
    const char *s;
    int64_t i;
    bool b;

    assert_true(json_get_string(j, "s", &s, &err) && !strcmp(s, "text"));
    assert_true(json_get_int(j, "i", 5, 5, &i, &err) && i == 5);
    assert_true(json_get_bool(j, "b", &b, &err) && b);
    assert_false(json_get_int(j, "i", 6, 9, &i, &err));
    assert_false(json_get_int(j, "i", 0, 4, &i, &err));
    assert_false(json_get_int(j, "f", 0, 4, &i, &err));
    assert_false(json_get_string(j, "i", &s, &err));
    assert_false(json_get_string(j, "missing", &s, &err));
    assert_non_null(strstr(err.message, "missing"));
    assert_false(json_get_bool(j, "n", &b, &err));
    assert_string_equal(json_string_or(j, "n", "x"), "x");
    assert_string_equal(json_string_or(NULL, "n", "x"), "x");
    assert_int_equal(json_int_or(j, "s", 3), 3);
    assert_true(json_number_or(j, "f", 0) == 1.5);
    assert_true(json_number_or(j, "i", 0) == 5);
    assert_false(json_bool_or(j, "s", false));
}

static void test_lossy_strings(void **state UNUSED)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *want;
    } cases[] = {
        { "plain", 5, "plain" },
        { "", 0, "" },
        { "a\xff"
          "b",
          3,
          "a\xef\xbf\xbd"
          "b" },
        { "a\0b", 3,
          "a\xef\xbf\xbd"
          "b" },
        { "\xe2\x82", 2, "\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xc3\xa9\xf0\x9f\x90\xa7", 6, "\xc3\xa9\xf0\x9f\x90\xa7" },
        { "\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_json json_t *j = json_string_lossy(cases[i].bytes, cases[i].n);
        assert_non_null(j);
        assert_string_equal(json_string_value(j), cases[i].want);
    }
    {
        scoped_json json_t *none = json_string_or_null(NULL);
        assert_true(json_is_null(none));
    }
}

static void test_compact_is_sorted(void **state UNUSED)
{
    scoped_json json_t *j = json_pack("{s:i, s:i, s:[]}", "b", 1, "a", 2, "c");
    scoped_free char *text = json_compact(j);

    assert_string_equal(text, "{\"a\":2,\"b\":1,\"c\":[]}");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_refuses),     cmocka_unit_test(test_parse_size_limit),
        cmocka_unit_test(test_parse_depth_limit), cmocka_unit_test(test_getters),
        cmocka_unit_test(test_lossy_strings),     cmocka_unit_test(test_compact_is_sorted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
