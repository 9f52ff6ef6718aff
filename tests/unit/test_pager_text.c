/* A long text by its lines, and finding something in it. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "tui/pager_text.h"
#include "vmm/base/fs.h"

static void is_line(const struct pager_text *t, size_t i, const char *wanted)
{
    size_t n;
    const char *line = pager_text_line(t, i, &n);

    assert_int_equal(n, strlen(wanted));
    assert_memory_equal(line, wanted, n);
}

static void test_lines_with_and_without_a_last_newline(void **state)
{
    static const struct {
        const char *text;
        size_t lines;
    } cases[] = { { "", 0 }, { "\n", 1 }, { "a", 1 }, { "a\n", 1 }, { "a\nb", 2 }, { "\n\n", 2 } };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pager_text t;
        pager_text_init(&t, cases[i].text, strlen(cases[i].text));
        assert_int_equal(t.lines, cases[i].lines);
        pager_text_release(&t);
    }
}

static void test_each_line_of_many(void **state)
{
    scoped_buf text = BUF_INIT(1 << 20);
    struct pager_text t;

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_true(buf_printf(&text, "%.*s%d\n", i % 7, "xxxxxxx", i));
    pager_text_init(&t, text.data, text.len);
    assert_int_equal(t.lines, 1000);
    for (int i = 0; i < 1000; i++) {
        scoped_free char *wanted = str_printf("%.*s%d", i % 7, "xxxxxxx", i);
        is_line(&t, (size_t)i, wanted);
    }
    pager_text_release(&t);
}

static void test_find_case(void **state)
{
    static const struct {
        const char *text, *pattern;
        int at;
    } cases[] = {
        { "some Text", "text", 5 },
        { "some Text", "Text", 5 },
        { "some text", "Text", -1 },
        { "aab", "ab", 1 },
        { "", "a", -1 },
        { "a", "ab", -1 },
        { "caf\xc3\xa9", "\xc3\xa9", 3 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *found = pager_text_find(cases[i].text, strlen(cases[i].text), cases[i].pattern);
        assert_int_equal(found ? found - cases[i].text : -1, cases[i].at);
    }
}

static bool holds(const char *line, size_t n, const char *pattern)
{
    return pager_text_find(line, n, pattern) != NULL;
}

static void test_search_goes_round(void **state)
{
    static const char text[] = "one\ntwo\nthree\ntwo\nfive\n";
    static const struct {
        size_t from;
        bool backward, found;
        const char *pattern;
        size_t line;
        bool wrapped;
    } cases[] = {
        { 0, false, true, "two", 1, false },  { 1, false, true, "two", 1, false },
        { 2, false, true, "two", 3, false },  { 4, false, true, "two", 1, true },
        { 5, false, true, "two", 1, true },   { 3, true, true, "two", 1, false },
        { 1, true, true, "two", 3, true },    { 0, true, true, "five", 4, true },
        { 0, false, false, "six", 0, false },
    };
    struct pager_text t;

    (void)state;
    pager_text_init(&t, text, sizeof(text) - 1);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        size_t line = 77;
        bool wrapped = false;
        assert_int_equal(pager_text_search(&t, cases[i].from, cases[i].backward, holds,
                                           cases[i].pattern, &line, &wrapped),
                         cases[i].found);
        if (!cases[i].found)
            continue;
        assert_int_equal(line, cases[i].line);
        assert_int_equal(wrapped, cases[i].wrapped);
    }
    pager_text_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_with_and_without_a_last_newline),
        cmocka_unit_test(test_each_line_of_many),
        cmocka_unit_test(test_find_case),
        cmocka_unit_test(test_search_goes_round),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
