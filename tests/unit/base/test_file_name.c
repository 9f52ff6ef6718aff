/* tests/unit/base/test_file_name.c: names that are bytes, as text and back. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/file_name.h"
#include "vmm/base/fs.h"

static void test_names_come_back_byte_for_byte(void **state UNUSED)
{
    static const struct {
        const char *name, *text;
    } cases[] = {
        { "plain", "/w/plain" },
        { "gr\xc3\xbc\xc3\x9f", "/w/gr\xc3\xbc\xc3\x9f" },
        { "back\\slash \"quoted\"", "/w/back\\slash \"quoted\"" },
        { "new\nline", "/w/new\nline" },
        { "caf\xe9", "\"/w/caf\\351\"" },
        { "\"\xff\n\\", "\"/w/\\\"\\377\\n\\\\\"" },
        { "", "/w/" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_json json_t *j = name_to_json("/w/", cases[i].name);
        scoped_free char *back = name_from_text(json_string_value(j));

        assert_string_equal(json_string_value(j), cases[i].text);
        assert_memory_equal(back, "/w/", 3);
        assert_string_equal(back + 3, cases[i].name);
    }
}

static void test_every_byte(void **state UNUSED)
{
    for (int a = 1; a < 256; a++)
        for (int b = 0; b < 256; b++) {
            char name[] = { (char)a, (char)b, '\0' };
            scoped_json json_t *j = name_to_json("", name);
            scoped_free char *back = name_from_text(json_string_value(j));

            assert_string_equal(back, name);
        }
}

static void test_no_quoted_names(void **state UNUSED)
{
    static const char *const bad[] = { "\"", "\"a", "\"a\"b", "\"\\9\"", "\"\\000\"", "\"\"" };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_null(name_from_text(bad[i]));
}

static void test_name_clean_path(void **state UNUSED)
{
    static const struct {
        const char *given, *clean;
        bool below;
    } cases[] = {
        { "", "", true },
        { "/", "", true },
        { ".", "", true },
        { "a", "a", true },
        { "/a//b/./c/", "a/b/c", true },
        { "a/../b", "b", true },
        { "a/b/../../c", "c", true },
        { "a/..", "", true },
        { "a/.../..b", "a/.../..b", true },
        { "..", "", false },
        { "a/../../b/c", "b/c", false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_free char *path = str_printf("%s", cases[i].given);
        assert_int_equal(name_clean_path(path), cases[i].below);
        assert_string_equal(path, cases[i].clean);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_come_back_byte_for_byte),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_no_quoted_names),
        cmocka_unit_test(test_name_clean_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
