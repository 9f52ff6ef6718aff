/* Which rows a filter shows, of a table with a column that is searched and two that are only named. */
#include <string.h>

#include "tests/unit/unit.h"
#include "tui/filter.h"

struct row {
    const char *name, *environment, *labels;
};

static void name_cell(const struct columns *t, void *row, struct cell *ret)
{
    (void)t;
    snprintf(ret->text, sizeof(ret->text), "%s", ((struct row *)row)->name);
}

static void environment_cell(const struct columns *t, void *row, struct cell *ret)
{
    (void)t;
    snprintf(ret->text, sizeof(ret->text), "%s", ((struct row *)row)->environment);
}

static void label_values(const struct columns *t, void *row, struct cell *ret)
{
    (void)t;
    snprintf(ret->text, sizeof(ret->text), "%s", strchr(((struct row *)row)->labels, '=') + 1);
}

static void label_text(const struct columns *t, void *row, struct cell *ret)
{
    (void)t;
    snprintf(ret->text, sizeof(ret->text), "%s", ((struct row *)row)->labels);
}

static const struct column columns[] = {
    { "", .order = "activity" },
    { "NAME", 10, .cell = name_cell, .search = true },
    { "ENVIRONMENT", 10, .cell = environment_cell },
    { "LABELS", 10, .cell = label_values, .searched = label_text, .search = true },
    { 0 },
};

static void test_filter_matches(void **state)
{
    static struct row rows[] = { { "alpha", "debian:12", "task=fix the bug" },
                                 { "beta", "alpine:3", "task=alphabet" },
                                 { "gamma", "debian:13", "team=core" } };
    static const struct {
        const char *text, *shown; /* a letter for each row that is shown */
        bool problem;
    } cases[] = {
        { "", "abg", false },
        { "ALPHA", "ab", false },
        { "name:alpha", "a", false },
        { "env:debian", "ag", false },
        { "debian", "", false },
        { "e:13", "g", false },
        { "-env:debian", "b", false },
        { "!alpha", "g", false },
        { "env:debian -gamma", "a", false },
        { "label:team=core", "g", false },
        { "\"fix the bug\"", "a", false },
        { "label:\"the b", "a", false },
        { "/^.l/", "a", false },
        { "/^(beta|gamma)$/", "bg", false },
        { "env:/:1[23]", "ag", false },
        { "-/a$/ ", "", false },
        { "-name:/^g/", "ab", false },
        { "/", "abg", false },
        { "-", "abg", false },
        { "env:", "abg", false },
        { "/(", "abg", true },
        { "/( beta", "abg", true },
        { "http://beta", "", false },
    };
    struct columns t = { .all = columns };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct filter f = { 0 };
        char shown[8] = "";
        size_t n = 0;
        filter_set(&f, columns, cases[i].text);
        for (size_t j = 0; j < ARRAY_SIZE(rows); j++)
            if (filter_matches(&f, &t, &rows[j]))
                shown[n++] = *rows[j].name;
        if (strcmp(shown, cases[i].shown) != 0)
            fail_msg("'%s' shows '%s', not '%s'", cases[i].text, shown, cases[i].shown);
        assert_int_equal(f.problem != NULL, cases[i].problem);
        filter_release(&f);
    }
}

/* An expression that is not finished shows what the last finished one did, not every row. */
static void test_filter_set_typing(void **state)
{
    struct columns t = { .all = columns };
    struct row yes = { "abc", "", "c=d" }, no = { "xyz", "", "c=d" };
    struct filter f = { 0 };

    (void)state;
    filter_set(&f, columns, "/^a");
    filter_set(&f, columns, "/^a[");
    assert_non_null(f.problem);
    assert_true(filter_matches(&f, &t, &yes) && !filter_matches(&f, &t, &no));
    filter_set(&f, columns, "/^a[c]");
    assert_null(f.problem);
    assert_false(filter_matches(&f, &t, &yes) || filter_matches(&f, &t, &no));
    filter_release(&f);
}

/* More words than are looked at, and a long one. */
static void test_filter_set_long(void **state)
{
    struct columns t = { .all = columns };
    struct row row = { "a", "b", "c=d" };
    static struct filter f;
    char text[FIELD_MAX + 1];

    (void)state;
    for (size_t i = 0; i + 1 < sizeof(text); i += 2)
        memcpy(text + i, "a ", 2);
    text[FIELD_MAX] = '\0';
    filter_set(&f, columns, text);
    assert_int_equal(f.count, FILTER_TERMS_MAX);
    assert_true(filter_matches(&f, &t, &row));
    memset(text, 'a', FIELD_MAX);
    filter_set(&f, columns, text);
    assert_false(filter_matches(&f, &t, &row));
    filter_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filter_matches),
        cmocka_unit_test(test_filter_set_typing),
        cmocka_unit_test(test_filter_set_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
