/* Names of files, and lines of them that look like such. */
#include <string.h>

#include "tests/unit/unit.h"
#include "tui/diff_line.h"

/* Checks each line of a text against a letter: f a file's head, n its names and what else is of
 * less interest, @ a hunk, + - and blank. */
static void expect(const char *text, const char *looks)
{
    static const char letters[] = "f@n+- ";
    static const enum role roles[] = { ROLE_KEY,   ROLE_ACCENT,  ROLE_DIM,
                                       ROLE_ADDED, ROLE_DELETED, ROLE_TEXT };

    for (const char *line = text; *line; looks++) {
        size_t n = strcspn(line, "\n");
        assert_true(*looks);
        assert_int_equal(diff_line_role(text, line, n), roles[strchr(letters, *looks) - letters]);
        line += n + (line[n] == '\n');
    }
    assert_int_equal(*looks, '\0');
}

static void test_diff_line_names(void **state)
{
    (void)state;
    expect("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n kept\n-old\n+new\n"
           "\\ No newline at end of file\ndiff --git a/n b/n\nnew file mode 100644\n"
           "--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+n\n",
           "fnn@ -+nfnnn@+");
}

static void test_diff_line_that_looks_like_a_name(void **state)
{
    (void)state;
    expect("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n--- select 1\n--- a/y\n"
           "+++ b/y\n+++ counter\n --- kept\n--- old\n@@ -9 +9 @@\n--- a\n+++ a\n",
           "fnn@--++ -@-+");
    expect("--- first of all\n+++ second\n", "-+");
    expect("", "");
}

static void test_diff_line_piece(void **state)
{
    static const char text[] =
        "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-long --- line\n";
    const char *piece = strstr(text, "--- line");

    (void)state;
    assert_int_equal(diff_line_role(text, piece, 8), ROLE_DELETED);
    assert_int_equal(diff_line_role(text, piece + 4, 4), ROLE_DELETED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_diff_line_names),
        cmocka_unit_test(test_diff_line_that_looks_like_a_name),
        cmocka_unit_test(test_diff_line_piece),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
