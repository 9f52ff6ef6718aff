/* The lines of changed paths, whatever the guest calls its files. */
#include <string.h>

#include "engine/term/sgr.h"
#include "tests/unit/unit.h"
#include "tui/diff_stat.h"

static const char *show(const struct diff_stat *s, const char *line)
{
    static char text[256];
    uint64_t looks[sizeof(text)];
    size_t n = diff_stat_show(s, line, strlen(line), text, looks, sizeof(text) - 1);

    text[n] = '\0';
    return text;
}

static void test_diff_stat_lines(void **state)
{
    static const char text[] = " added        /w/blob  (file, no text)\n"
                               " modified     /w/kept  +10 -2  mode 100644 → 100755\n"
                               " deleted      /w/a  +1 -1/b  +0 -300\n"
                               " type_changed /w/t\n"
                               "\n"
                               "diff --git a/kept b/kept\n";
    struct diff_stat s;

    (void)state;
    assert_int_equal(diff_stat_measure(&s, text, strlen(text)), strstr(text, "\n\n") + 1 - text);
    assert_string_equal(show(&s, " added        /w/blob  (file, no text)"),
                        " A                  /w/blob  (file, no text)");
    assert_string_equal(show(&s, " modified     /w/kept  +10 -2  mode 100644 → 100755"),
                        " M +10   -2  ■■■■□  /w/kept  mode 100644 → 100755");
    assert_string_equal(show(&s, " deleted      /w/a  +1 -1/b  +0 -300"),
                        " D  +0 -300  □□□□□  /w/a  +1 -1/b");
    assert_string_equal(show(&s, " type_changed /w/t"), " T                  /w/t");
    assert_string_equal(show(&s, " modified     /w/x  +1 -1"), " M  +1   -1  ■□     /w/x");
    assert_string_equal(show(&s, " added        /w/x  + -1 -2"),
                        " A                  /w/x  + -1 -2");
    assert_string_equal(show(&s, "diff --git a/kept b/kept"), "");
    assert_string_equal(show(&s, " nonsense     /w/x  +1 -1"), "");
    assert_string_equal(show(&s, " added"), "");
}

/* Nothing is written past the room there is. */
static void test_diff_stat_is_bounded(void **state)
{
    static const char line[] = " modified     /workspace/a-name  +12345 -99  mode 1 → 2";
    struct diff_stat s;

    (void)state;
    diff_stat_measure(&s, line, strlen(line));
    for (size_t size = 0; size < sizeof(line) + 8; size++) {
        char text[128];
        uint64_t looks[sizeof(text)];
        memset(text, '#', sizeof(text));
        assert_true(diff_stat_show(&s, line, strlen(line), text, looks, size) <= size);
        assert_int_equal(text[size], '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_diff_stat_lines),
        cmocka_unit_test(test_diff_stat_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
