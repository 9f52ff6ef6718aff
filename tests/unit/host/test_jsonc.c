/* tests/unit/host/test_jsonc.c: JSON as people write it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/host/jsonc.h"

static void test_jsonc_parse(void **state UNUSED)
{
    static const struct {
        const char *text, *wanted; /* NULL: is refused */
    } cases[] = {
        { "{\"a\": 1}", "{\"a\": 1}" },
        { "\xef\xbb\xbf{\"a\": 1}", "{\"a\": 1}" },
        { "// one\n{ /* two\n three */ \"a\": 1, // four\n}\n// five", "{\"a\": 1}" },
        { "{\"a\": [1, 2, /* x */ ], \"b\": {\"c\": null,},}",
          "{\"a\": [1, 2], \"b\": {\"c\": null}}" },
        { "{\"a\": \"// no, /* comment */ ,}\"}", "{\"a\": \"// no, /* comment */ ,}\"}" },
        { "{\"a\": \"\\\"//\", \"b\\\\\": 2}", "{\"a\": \"\\\"//\", \"b\\\\\": 2}" },
        { "{\"a\": \"http://x\"} // \"", "{\"a\": \"http://x\"}" },
        { "", "{}" },
        { " // nothing\n", "{}" },
        { "{\"a\": 1 /* open", NULL },
        { "{\"a\": \"open", NULL },
        { "{\"a\": 1,,}", NULL },
        { "{\"a\": 1} x", NULL },
        { "{a: 1}", NULL },
        { "{'a': 1}", NULL },
        { "{\"a\": 1 / 2}", NULL },
        { "{\"a\": 1, \"a\": 2}", NULL },
        { "/", NULL },
        { "\\", NULL },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pyro_error err = { 0 };
        scoped_json json_t *got = jsonc_parse(cases[i].text, strlen(cases[i].text), &err);
        scoped_free char *text = got ? json_dumps(got, JSON_SORT_KEYS) : NULL;

        if (cases[i].wanted)
            assert_string_equal(text ? text : err.message, cases[i].wanted);
        else
            assert_true(!got && err.code == PYRO_RECORD_INVALID);
    }
}

static void test_jsonc_parse_names_the_place(void **state UNUSED)
{
    static const char text[] = "// two bytes: \xc3\xa9\n{\"a\": x}";
    struct pyro_error err = { 0 };

    assert_null(jsonc_parse(text, strlen(text), &err));
    assert_non_null(strstr(err.message, "byte 24"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jsonc_parse),
        cmocka_unit_test(test_jsonc_parse_names_the_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
