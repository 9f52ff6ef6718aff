/* A typed command line in words. */
#include <string.h>

#include "tests/unit/unit.h"
#include "tui/words.h"
#include "vmm/base/cleanup.h"

static void test_words_split(void **state)
{
    static const struct {
        const char *line;
        bool ok;
        const char *words; /* each ended by | */
        size_t last_at;
        bool open;
    } cases[] = {
        { "", true, "", 0, false },
        { "  ", true, "", 2, false },
        { "a", true, "a|", 0, true },
        { "a b", true, "a|b|", 2, true },
        { " a  b ", true, "a|b|", 6, false },
        { "'a b' c", true, "a b|c|", 6, true },
        { "x\"a 'b\"y", true, "xa 'by|", 0, true },
        { "a\\ b '\\' \"\\\"\"", true, "a b|\\|\"|", 9, true },
        { "'' b", true, "|b|", 3, true },
        { "a 'b c", false, "a|b c|", 2, true },
        { "a\\", true, "a\\|", 0, true },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct words w;
        char got[256] = "";
        assert_int_equal(words_split(cases[i].line, &w), cases[i].ok);
        for (size_t k = 0; k < w.count; k++)
            snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s|", w.items[k]);
        assert_string_equal(got, cases[i].words);
        assert_int_equal(w.last_at, cases[i].last_at);
        assert_int_equal(w.open, cases[i].open);
        assert_null(w.items[w.count]);
        words_release(&w);
    }
}

static void test_words_split_too_many(void **state)
{
    char line[2 * WORDS_MAX + 8];
    struct words w;

    (void)state;
    for (size_t i = 0; i < sizeof(line) - 1; i++)
        line[i] = i % 2 ? ' ' : 'x';
    line[sizeof(line) - 1] = '\0';
    assert_false(words_split(line, &w));
    assert_int_equal(w.count, WORDS_MAX);
    words_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_split),
        cmocka_unit_test(test_words_split_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
