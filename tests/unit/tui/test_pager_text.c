/* A long text by its lines, and finding something in it. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "tui/pager_text.h"
#include "vmm/base/fs.h"

static void index_of(struct pager_text *t, const char *bytes, size_t len)
{
    pager_text_init(t, bytes, len, 0);
    while (!pager_text_index(t))
        ;
}

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
        index_of(&t, cases[i].text, strlen(cases[i].text));
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
    index_of(&t, text.data, text.len);
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
        { "AAbAB", "ab", 1 },
        { "bA", "ab", -1 },
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

/* To its end, with fewer lines left at each step. */
static bool search(const struct pager_text *t, size_t from, bool backward, const char *pattern,
                   size_t *ret_line, bool *ret_wrapped)
{
    struct pager_search s;
    enum pager_found found;
    size_t left = 2 * t->lines + 1;

    pager_search_begin(&s, from, backward);
    do {
        found = pager_search_step(&s, t, holds, pattern, ret_line);
        assert_true(pager_search_left(&s, t) <= left);
        left = pager_search_left(&s, t);
    } while (found == PAGER_GOING_ON);
    *ret_wrapped = s.wrapped;
    return found == PAGER_FOUND;
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
    index_of(&t, text, sizeof(text) - 1);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        size_t line = 77;
        bool wrapped = false;
        assert_int_equal(
            search(&t, cases[i].from, cases[i].backward, cases[i].pattern, &line, &wrapped),
            cases[i].found);
        if (!cases[i].found)
            continue;
        assert_int_equal(line, cases[i].line);
        assert_int_equal(wrapped, cases[i].wrapped);
    }
    pager_text_release(&t);
}

/* Every line of a long text is found from both sides, whichever slice it is in. */
static void test_search_in_slices(void **state)
{
    scoped_buf text = BUF_INIT(1 << 20);
    struct pager_text t;

    (void)state;
    for (int i = 0; i < 5000; i++)
        assert_true(buf_printf(&text, "<%d>\n", i));
    index_of(&t, text.data, text.len);
    assert_int_equal(t.lines, 5000);
    for (size_t i = 0; i < 5000; i += 61) {
        scoped_free char *pattern = str_printf("<%zu>", i);
        size_t line = 0;
        bool wrapped;
        assert_true(search(&t, 2500, i % 2, pattern, &line, &wrapped));
        assert_int_equal(line, i);
        assert_int_equal(wrapped, i % 2 ? i >= 2500 : i < 2500);
    }
    pager_text_release(&t);
}

/* Pieces of a long line are cut between characters and sequences, and are all of it. */
static void test_long_lines_are_several(void **state)
{
    static const char *const repeated[] = { "x", "\xe6\xbc\xa2", "\x1b[38;2;100;101;102ma", "\x80",
                                            "a\x1b" };

    (void)state;
    for (size_t k = 0; k < ARRAY_SIZE(repeated); k++) {
        scoped_buf text = BUF_INIT(1 << 20);
        struct pager_text t;
        size_t whole = 0, n;
        while (text.len < 5 * PAGER_LINE_MAX)
            assert_true(buf_append_str(&text, repeated[k]));
        assert_true(buf_append_str(&text, "\nend"));
        index_of(&t, text.data, text.len);
        assert_in_range(t.lines, 6, 7);
        for (size_t i = 0; i + 1 < t.lines; i++) {
            const char *line = pager_text_line(&t, i, &n);
            assert_ptr_equal(line, text.data + whole);
            assert_true(n > 0 && n <= PAGER_LINE_MAX);
            if (k < 3)
                assert_int_equal(*line, *repeated[k]);
            whole += n;
        }
        assert_int_equal(whole, text.len - 4);
        is_line(&t, t.lines - 1, "end");
        pager_text_release(&t);
    }
}

/* Only some of the lines count, without their heads; a search goes through those. */
static void test_only_lines_that_are_kept(void **state)
{
    scoped_buf text = BUF_INIT(1 << 20);
    struct pager_text t;
    size_t n, line = 0;
    bool wrapped;

    (void)state;
    for (int i = 0; i < 5000; i++)
        assert_true(buf_printf(&text, "7:<%d>\n", i));
    pager_text_init(&t, text.data, text.len, 2);
    while (!pager_text_index(&t))
        ;
    pager_text_keep(&t, true);
    while (!pager_text_keep_step(&t, holds, "7>"))
        ;
    assert_int_equal(pager_text_count(&t), 500);
    is_line(&t, 0, "<7>");
    is_line(&t, 499, "<4997>");
    assert_memory_equal(pager_text_head(&t, 3), "7:<37>", 6);
    assert_int_equal(pager_text_in_all(&t, 3), 37);
    assert_int_equal(pager_text_of_all(&t, 37), 3);
    assert_int_equal(pager_text_of_all(&t, 38), 4);
    assert_int_equal(pager_text_of_all(&t, 4999), 500);
    for (size_t from = 0; from <= 500; from += 125) {
        assert_true(search(&t, from, from % 2, "<2017>", &line, &wrapped));
        assert_int_equal(line, 201);
        assert_false(search(&t, from, from % 2, "<2018>", &line, &wrapped));
    }
    pager_text_keep(&t, true);
    while (!pager_text_keep_step(&t, holds, "7:")) /* of a head nothing is found */
        ;
    assert_int_equal(pager_text_count(&t), 0);
    pager_text_keep(&t, false);
    assert_int_equal(pager_text_count(&t), 5000);
    assert_memory_equal(pager_text_line(&t, 4999, &n), "<4999>", 6);
    pager_text_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_with_and_without_a_last_newline),
        cmocka_unit_test(test_each_line_of_many),
        cmocka_unit_test(test_find_case),
        cmocka_unit_test(test_search_goes_round),
        cmocka_unit_test(test_search_in_slices),
        cmocka_unit_test(test_long_lines_are_several),
        cmocka_unit_test(test_only_lines_that_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
