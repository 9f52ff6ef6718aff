/* The document of the bench: each system's section is replaced alone, and the medians are told side
 * by side. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/bench/sections.c"

#define HEAD "| what | target | min | median | max |\n|---|---|---:|---:|---:|\n"
#define ONE                                                                                        \
    "## One 1\n\n" HEAD "| a row | ≤ 3 ms | 1 | **2** ms | 3 |\n| of one |  | 1 | **4** s | 5 |\n"
#define TWO                                                                                        \
    "## Two 2\n\n" HEAD "| a row | ≤ 3 ms | 2 | **7** ms | 9 |\n| failed | | | | **FAILED** |\n"
#define ONE_AGAIN                                                                                  \
    "## One 1\n\n" HEAD "| a row | ≤ 3 ms | 1 | **6** ms | 7 |\n\nRemarks:\n\n- none\n"

static void test_sections_replace(void **state)
{
    static const struct {
        const char *document, *section, *wanted;
    } cases[] = {
        { "", ONE, ONE },
        { "# Benchmarks\n\nof an earlier form\n\n| a | b |\n", ONE, ONE },
        { "# Benchmarks\n\nwords\n\n" ONE, TWO, ONE "\n" TWO },
        { "# Benchmarks\n\nwords\n\n" ONE "\n" TWO, ONE_AGAIN, ONE_AGAIN "\n" TWO },
        { "# Benchmarks\n\n" ONE_AGAIN "\n" TWO, ONE, ONE "\n" TWO },
        { "# Benchmarks\n\n" TWO "\n" ONE, ONE_AGAIN, TWO "\n" ONE_AGAIN },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_buf b = BUF_INIT(4096);
        assert_true(sections_replace(cases[i].document, cases[i].section, &b));
        assert_string_equal(b.data, cases[i].wanted);
    }
}

static void test_sections_compare(void **state)
{
    scoped_buf b = BUF_INIT(4096);

    (void)state;
    assert_true(sections_compare(ONE, &b));
    assert_int_equal(b.len, 0);
    assert_true(sections_compare(ONE "\n" TWO, &b));
    assert_string_equal(b.data, "| the medians side by side | One 1 | Two 2 |\n|---|---:|---:|\n"
                                "| a row | **2** ms | **7** ms |\n| of one | **4** s |  |\n"
                                "| failed |  |  |\n\n");
}

static void test_sections_has(void **state UNUSED)
{
    assert_true(sections_has(ONE "\n" TWO, "## One 1", "a row"));
    assert_true(sections_has(ONE "\n" TWO, "## Two 2", "failed"));
    assert_false(sections_has(ONE "\n" TWO, "## Two 2", "of one"));
    assert_false(sections_has(ONE "\n" TWO, "## Three", "a row"));
    assert_false(sections_has("", "## One 1", "a row"));
    assert_true(sections_has(ONE "\n" TWO, "## Two 2", NULL));
    assert_false(sections_has(ONE "\n" TWO, "## Three", NULL));
}

static void test_sections_extend(void **state UNUSED)
{
    static const char row[] = "| new | ≤ 1 ms | 1 | **1** ms | 1 |\n";
    scoped_buf without = BUF_INIT(4096), with = BUF_INIT(4096), plain = BUF_INIT(4096);

    assert_true(sections_extend(TWO "\n" ONE, "## One 1", row, "- new: of today\n", &without));
    assert_string_equal(without.data,
                        ONE "| new | ≤ 1 ms | 1 | **1** ms | 1 |\n\nRemarks:\n\n- new: of today\n");
    assert_true(sections_extend(ONE_AGAIN "\n" TWO, "## One 1", row, "- new: of today\n", &with));
    assert_string_equal(with.data, "## One 1\n\n" HEAD "| a row | ≤ 3 ms | 1 | **6** ms | 7 |\n"
                                   "| new | ≤ 1 ms | 1 | **1** ms | 1 |\n"
                                   "\nRemarks:\n\n- none\n- new: of today\n");
    assert_true(sections_extend(ONE, "## One 1", row, "", &plain));
    assert_string_equal(plain.data, ONE "| new | ≤ 1 ms | 1 | **1** ms | 1 |\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections_replace),
        cmocka_unit_test(test_sections_compare),
        cmocka_unit_test(test_sections_has),
        cmocka_unit_test(test_sections_extend),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
