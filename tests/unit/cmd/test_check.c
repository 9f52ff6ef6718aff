/* Results against their declarations, and the checks of names and labels. */
#include "engine/cmd/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/base/json.h"

static const char *const colours[] = { "red", "green", NULL };

static const struct row_spec inner_rows[] = { RES_INT("n"), ROW_END };
static const struct row_spec rows[] = {
    RES_STR("s"),
    RES_STR("colour", .choices = colours, .nullable = true),
    RES_INT("i"),
    RES_NUM("f"),
    RES_BOOL("b"),
    RES_OBJECT("object", inner_rows, .nullable = true),
    RES_OBJECTS("objects", inner_rows),
    RES_STRINGS("strings"),
    RES_MAP("map"),
    RES_ANY("any"),
    ROW_END,
};

#define GOOD                                                                                       \
    "'s':'x','colour':'red','i':1,'f':1.5,'b':true,'object':{'n':1},'objects':[{'n':1},{'n':2}],"  \
    "'strings':['a'],'map':{'k':'v'},'any':[1]"

static json_t *parse(const char *text)
{
    char copy[1024];

    snprintf(copy, sizeof(copy), "%s", text);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    return json_loads(copy, 0, NULL);
}

static void test_check_result_good(void **state UNUSED)
{
    scoped_json json_t *full = parse("{" GOOD "}");
    scoped_json json_t *sparse = parse("{'s':'','colour':null,'i':0,'f':2,'b':false,'object':null,"
                                       "'objects':[],'strings':[],'map':{},'any':null}");
    struct pyro_error err = { 0 };

    assert_true(check_result(rows, full, &err));
    assert_true(check_result(rows, sparse, &err));
}

/* One member is replaced by, or set to, what it may not be. */
static void test_check_result_bad(void **state UNUSED)
{
    static const struct {
        const char *member, *value, *message;
    } cases[] = {
        { "s", "1", "s: is of another type than declared" },
        { "s", "null", "s: is of another type than declared" },
        { "colour", "'blue'", "colour: 'blue' is not in the closed list" },
        { "i", "1.5", "i: is of another type than declared" },
        { "f", "'1'", "f: is of another type than declared" },
        { "b", "1", "b: is of another type than declared" },
        { "object", "{}", "object: member 'n' is missing" },
        { "object", "{'n':1,'m':2}", "object: member 'm' is not declared" },
        { "object", "[]", "object: is not an object" },
        { "objects", "[{'n':1},{'n':'x'}]",
          "objects: item 1: n: is of another type than declared" },
        { "objects", "{}", "objects: is of another type than declared" },
        { "strings", "['a',1]", "strings: is of another type than declared" },
        { "map", "{'k':1}", "map: is of another type than declared" },
        { "more", "1", "member 'more' is not declared" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_json json_t *result = parse("{" GOOD "}");
        char wrapped[128];
        scoped_json json_t *value = NULL;
        struct pyro_error err = { 0 };

        snprintf(wrapped, sizeof(wrapped), "[%s]", cases[i].value);
        value = parse(wrapped);
        json_object_set(result, cases[i].member, json_array_get(value, 0));
        assert_false(check_result(rows, result, &err));
        assert_string_equal(err.message, cases[i].message);
    }
}

static void test_check_result_missing(void **state UNUSED)
{
    scoped_json json_t *result = parse("{" GOOD "}");
    struct pyro_error err = { 0 };

    json_object_del(result, "b");
    assert_false(check_result(rows, result, &err));
    assert_string_equal(err.message, "member 'b' is missing");
}

static void test_check_name(void **state UNUSED)
{
    static const char *const good[] = {
        "a", "9", "a.b_c-d", "A1",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "a"
    };
    static const char *const bad[] = {
        "",
        ".a",
        "-a",
        "_a",
        "a b",
        "a/b",
        "a\n",
        "\xc3\xa4",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aa"
    };

    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_true(check_name(good[i], NULL));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(check_name(bad[i], NULL));
}

static void test_check_label(void **state UNUSED)
{
    static const char *const good[] = { "a=", "a=b", "a=b=c", "k=\xc3\xa4 \xe6\xbc\xa2" };
    static const char *const bad[] = { "",         "a",    "=b",     "a b=c",
                                       "a=\x1b[m", "a=\n", "a=\xff", "a=\xe2\x80\xae" };

    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_true(check_label(good[i], NULL));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(check_label(bad[i], NULL));
}

static void test_check_label_value_length(void **state UNUSED)
{
    char label[260] = "a=";

    memset(label + 2, 'x', 256);
    assert_true(check_label(label, NULL));
    label[258] = 'x';
    assert_false(check_label(label, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_result_good),
        cmocka_unit_test(test_check_result_bad),
        cmocka_unit_test(test_check_result_missing),
        cmocka_unit_test(test_check_name),
        cmocka_unit_test(test_check_label),
        cmocka_unit_test(test_check_label_value_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
