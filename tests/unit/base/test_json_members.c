/* The members of an object from its text: what is plain, as json_parse() has it; all else is left to
 * that. */
#include "tests/unit/unit.h"

#include <string.h>

#include "vmm/base/json_members.h"

/* Each text ends where its memory ends. */
static json_t *read_all(const char *text, bool *ret_whole)
{
    size_t n = strlen(text);
    char *own = memcpy(malloc(n ? n : 1), text, n);
    struct json_members m = { .at = own, .end = own + n };
    struct json_span name, value;
    json_t *object = json_object();

    while (json_members_next(&m, &name, &value)) {
        char key[64];
        json_t *j = json_span_parse(&value);
        assert_true(name.n < sizeof(key));
        memcpy(key, name.text, name.n);
        key[name.n] = '\0';
        if (j)
            json_object_set_new(object, key, j);
    }
    *ret_whole = m.whole;
    free(own);
    return object;
}

static void test_members_are_those_of_a_tree(void **state UNUSED)
{
    static const char *const texts[] = {
        "{}",
        " { } \n",
        "{\"a\":1}",
        "{\"a\": -1, \"b\": 0, \"c\": 123456789012345678, \"d\": 1.5e3}",
        "{\"a\": true, \"b\": false, \"c\": null}",
        "{\"a\": \"x\", \"b\": \"\\\"\\\\\\u00e9\", \"c\": \"\xc3\xa9\", \"\": \"\"}",
        "{\"a\": {\"b\": [1, {\"c\": \"}]\"}]}, \"d\": []}",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        scoped_json json_t *tree = json_parse(texts[i], strlen(texts[i]), 4096, NULL);
        bool whole;
        scoped_json json_t *read = read_all(texts[i], &whole);
        assert_true(whole);
        assert_true(json_equal(tree, read));
    }
}

static void test_what_is_not_plain_is_not_whole(void **state UNUSED)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{\"a\":1 \"b\"",
        "{\"a\":\"x",
        "{\"a\":\"\\",
        "{\"a\":[1",
        "{\"a\":{\"",
        "{\"a\":1} x",
        "{,\"a\":1}",
        "{\"\\u0061\":1}",
        "{\"a\":\"\n\"}",
        "{\"a\":?}",
        "{a:1}",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        bool whole = true;
        json_decref(read_all(texts[i], &whole));
        assert_false(whole);
    }
}

static void test_a_value_that_is_not_sound_is_none(void **state UNUSED)
{
    static const char *const texts[] = { "truth", "01", "1-1", "\"\xff\"", "[1 2]", "\"\\x\"" };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        const struct json_span value = { texts[i], strlen(texts[i]) };
        assert_null(json_span_parse(&value));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_those_of_a_tree),
        cmocka_unit_test(test_what_is_not_plain_is_not_whole),
        cmocka_unit_test(test_a_value_that_is_not_sound_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
