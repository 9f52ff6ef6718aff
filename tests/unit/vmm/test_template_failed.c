/* Templates that could not be built: remembered for a day, each by its own key. */
#include "vmm/template_failed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "vmm/base/fs.h"

static int made_dir(char path[64])
{
    snprintf(path, 64, "/tmp/pyro-failed.XXXXXX");
    assert_non_null(mkdtemp(path));
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void set_age(int dir, const char *name, int64_t seconds)
{
    const struct timespec times[2] = { { .tv_sec = time(NULL) - seconds },
                                       { .tv_sec = time(NULL) - seconds } };

    assert_int_equal(utimensat(dir, name, times, 0), 0);
}

static void test_template_failed_for_a_day(void **state UNUSED)
{
    char path[64];
    scoped_close int dir = made_dir(path);

    assert_false(template_has_failed(dir, "a"));
    template_note_failure(dir, "a");
    assert_true(template_has_failed(dir, "a"));
    assert_false(template_has_failed(dir, "b"));
    set_age(dir, "failed-a", TEMPLATE_FAILED_SECONDS);
    assert_false(template_has_failed(dir, "a"));
    set_age(dir, "failed-a", -3600); /* of a clock that was wrong */
    assert_false(template_has_failed(dir, "a"));
    template_note_failure(dir, "a");
    assert_true(template_has_failed(dir, "a"));
    assert_true(fs_remove_tree(AT_FDCWD, path, NULL));
}

static void test_template_forget_failures_by_age(void **state UNUSED)
{
    char path[64];
    scoped_close int dir = made_dir(path);
    scoped_close int other = -1;

    template_note_failure(dir, "old");
    template_note_failure(dir, "new");
    other = openat(dir, "other", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    set_age(dir, "failed-old", 2 * TEMPLATE_FAILED_SECONDS);
    set_age(dir, "other", 2 * TEMPLATE_FAILED_SECONDS);
    template_forget_failures(dir, TEMPLATE_FAILED_SECONDS);
    assert_int_not_equal(faccessat(dir, "failed-old", F_OK, 0), 0);
    assert_true(template_has_failed(dir, "new"));
    template_forget_failures(dir, 0);
    assert_false(template_has_failed(dir, "new"));
    assert_int_equal(faccessat(dir, "other", F_OK, 0), 0);
    assert_true(fs_remove_tree(AT_FDCWD, path, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_template_failed_for_a_day),
        cmocka_unit_test(test_template_forget_failures_by_age),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
