/* The summary line of a command: what is told is declared, and comes in that order. */
#include "tests/unit/unit.h"

#include <string.h>

#include "engine/cmd/summary.h"
#include "engine/commands/table.h"

/* Whether rows have the member that a word of `told` names. */
static bool is_declared(const struct row_spec *rows, const char *word)
{
    const char *path = strchr(word, '=') ? strchr(word, '=') + 1 : word;

    for (;;) {
        size_t n = strcspn(path, ".?");
        char name[64];
        const struct row_spec *row;

        snprintf(name, sizeof(name), "%.*s", (int)n, path);
        row = rows_find(rows, name);
        if (!row || path[n] != '.')
            return row != NULL;
        rows = row->fields;
        path += n + 1;
    }
}

static void test_what_a_command_tells_is_in_its_result(void **state UNUSED)
{
    size_t lines = 0;

    for (const struct cmd_spec *const *c = cmd_table; *c; c++) {
        char told[512], *rest = told, *word;

        if (!(*c)->told)
            continue;
        lines++;
        assert_true(strlen((*c)->told) < sizeof(told));
        snprintf(told, sizeof(told), "%s", (*c)->told);
        strsep(&rest, " ");
        while ((word = strsep(&rest, " ")))
            if (!is_declared((*c)->result, word))
                fail_msg("'%s' tells '%s', which its result has not", (*c)->path, word);
    }
    assert_true(lines > 10);
}

static void test_summary_of_a_result(void **state UNUSED)
{
    static const struct {
        const char *key, *value;
    } wanted[] = {
        { "text", "a b" }, { "count", "7" },    { "zero", "0" },  { "no", "False" },
        { "yes", "True" }, { "nothing", NULL }, { "zero", NULL }, { "no", NULL },
        { "yes", "True" }, { "part", "x" },     { "other", "7" }, { "missing", NULL },
        { "total", "x" },
    };
    const struct cmd_spec cmd = { .told = "the-line text count zero no yes nothing zero? no? yes? "
                                          "object.part other=count missing total=object.part" };
    scoped_json json_t *result =
        json_pack("{s:s, s:i, s:i, s:b, s:b, s:n, s:{s:s}}", "text", "a b", "count", 7, "zero", 0,
                  "no", false, "yes", true, "nothing", "object", "part", "x");
    struct summary s;

    assert_non_null(result);
    summary_of(&s, &cmd, result);
    assert_string_equal(s.name, "the-line");
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        assert_string_equal(s.items[i].key, wanted[i].key);
        if (wanted[i].value)
            assert_string_equal(s.items[i].value, wanted[i].value);
        else
            assert_null(s.items[i].value);
    }
    assert_null(s.items[ARRAY_SIZE(wanted)].key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_command_tells_is_in_its_result),
        cmocka_unit_test(test_summary_of_a_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
