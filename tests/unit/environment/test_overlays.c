/* The layers of an environment: measured, touched, damaged. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/environment/overlays.h"
#include "vmm/base/fs.h"

static void put(const char *dir, unsigned number, const char *text)
{
    char name[OVERLAY_NAME_MAX];
    scoped_free char *path = NULL;
    scoped_close int fd = -1;

    overlay_name(number, name);
    path = str_printf("%s/%s", dir, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fs_write_all(fd, text, strlen(text), NULL));
}

static void touch(const char *dir, unsigned number)
{
    static const struct timespec then[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
    char name[OVERLAY_NAME_MAX];
    scoped_free char *path = NULL;

    overlay_name(number, name);
    path = str_printf("%s/%s", dir, name);
    assert_int_equal(utimensat(AT_FDCWD, path, then, 0), 0);
}

static void test_overlays_are_told_from_others(void **state UNUSED)
{
    char dir[] = "/tmp/pyro-overlays-XXXXXX";
    scoped_json json_t *list = NULL;
    scoped_free char *digest = NULL, *other = NULL, *same = NULL;
    struct pyro_error err = { 0 };
    bool touched = false;

    assert_non_null(mkdtemp(dir));
    put(dir, 1, "one");
    put(dir, 2, "two");
    list = overlays_measure(dir, 2, &err);
    assert_int_equal(json_array_size(list), 2);
    assert_true(overlays_size(list) >= 0);
    assert_true(overlays_check(dir, list, &touched) && !touched);
    digest = overlays_digest("xxh3:0", list);
    other = overlays_digest("xxh3:1", list);
    assert_true(strcmp(digest, other) != 0);

    touch(dir, 2);
    assert_true(overlays_check(dir, list, &touched) && touched);
    touched = false;
    assert_true(overlays_check(dir, list, &touched) && !touched); /* the list says so now */
    same = overlays_digest("xxh3:0", list);
    assert_string_equal(digest, same);

    put(dir, 2, "TWO");
    assert_false(overlays_check(dir, list, &touched));
    assert_null(overlays_measure(dir, 3, &err));
    assert_int_equal(err.sys_errno, ENOENT);
    fs_discard_tree(AT_FDCWD, dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_overlays_are_told_from_others) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
