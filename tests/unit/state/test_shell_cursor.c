/* Cursors of a shell whose log was cut: each is of the bytes that it was given for, or refused. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state/shell_cursor.h"
#include "vmm/base/fs.h"

static char dir_path[64];
static int dir_fd;

static int make(void **state UNUSED)
{
    snprintf(dir_path, sizeof(dir_path), "/tmp/test_shell_cursor.XXXXXX");
    if (!mkdtemp(dir_path))
        return -1;
    dir_fd = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir_fd < 0 || mkdirat(dir_fd, SHELLS_DIR, 0700);
}

static int release(void **state UNUSED)
{
    close(dir_fd);
    fs_discard_tree(AT_FDCWD, dir_path);
    return 0;
}

/* As a reset brings it back: so long, with the cuts of that time. */
static void bring_back(uint64_t size, json_t *cuts)
{
    struct shell_record r = {
        .id = "sh1", .running = true, .cols = 80, .rows = 24, .exit_code = -1, .cuts = cuts
    };
    struct pyro_error err = { 0 };
    int fd;

    r.cwd = str_printf("/");
    assert_true(shell_record_save(dir_fd, &r, &err));
    fd = shell_open_file(dir_fd, "sh1", "log", O_RDWR | O_CREAT | O_TRUNC, &err);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    close(fd);
    shell_record_release(&r);
}

static void load(struct shell_record *ret)
{
    assert_true(shell_record_load(dir_fd, "sh1", ret, NULL));
}

/* Where a cursor is; UINT64_MAX: it is refused, with a message that has this. */
static uint64_t find(const struct shell_record *r, uint64_t cursor, uint64_t size, const char *said)
{
    struct pyro_error err = { 0 };
    uint64_t offset = 0;

    if (shell_cursor_find(r, cursor, size, &offset, &err))
        return offset;
    assert_int_equal(err.code, PYRO_SHELL_STATE);
    assert_non_null(strstr(err.message, said));
    return UINT64_MAX;
}

static void raise_to(uint64_t *cursors, uint64_t wanted)
{
    assert_true(shell_cursors_raise(dir_fd, cursors, NULL));
    assert_int_equal(*cursors, wanted);
}

static void test_without_a_cut_it_is_the_offset(void **state UNUSED)
{
    scoped_shell_record struct shell_record r = { 0 };

    bring_back(1000, NULL);
    load(&r);
    assert_int_equal(shell_cursor_at(&r, 700), 700);
    assert_int_equal(find(&r, 1000, 1000, ""), 1000);
    assert_int_equal(find(&r, 1001, 1000, "past the end"), UINT64_MAX);
}

/* It had 100 bytes when the snapshot was made, and 300 when it went back to that; then it printed
 * as much again. */
static void test_what_was_taken_back_is_refused_for_ever(void **state UNUSED)
{
    scoped_shell_record struct shell_record r = { 0 };
    uint64_t cursors = 0;

    bring_back(300, NULL);
    raise_to(&cursors, 300);
    bring_back(100, NULL);
    assert_true(shell_cursors_cut(dir_fd, cursors, NULL));
    load(&r);
    assert_int_equal(find(&r, 0, 500, ""), 0);
    assert_int_equal(find(&r, 100, 500, ""), 100);
    assert_int_equal(find(&r, 101, 500, "taken back"), UINT64_MAX);
    assert_int_equal(find(&r, 300, 500, "taken back"), UINT64_MAX);
    assert_int_equal(shell_cursor_at(&r, 100), 100);
    for (uint64_t offset = 101; offset <= 500; offset++)
        assert_int_equal(find(&r, shell_cursor_at(&r, offset), 500, ""), offset);
    assert_int_equal(shell_cursor_at(&r, 101), 301);
    assert_int_equal(find(&r, 301, 100, "past the end"), UINT64_MAX);
}

/* To the same snapshot twice, and to one that was made in between. */
static void test_each_course_has_cursors_of_its_own(void **state UNUSED)
{
    scoped_shell_record struct shell_record first = { 0 }, second = { 0 }, third = { 0 };
    uint64_t cursors = 300;

    bring_back(100, NULL);
    assert_true(shell_cursors_cut(dir_fd, cursors, NULL));
    load(&first);
    bring_back(150, json_incref(first.cuts));
    raise_to(&cursors, 350); /* of this course, which ends here */
    bring_back(100, NULL);
    assert_true(shell_cursors_cut(dir_fd, cursors, NULL));
    load(&second);
    assert_int_equal(shell_cursor_at(&second, 110), 360);
    assert_int_equal(find(&second, 310, 1000, "taken back"), UINT64_MAX);

    bring_back(170, json_incref(second.cuts));
    raise_to(&cursors, 420);
    bring_back(120, json_incref(first.cuts));
    assert_true(shell_cursors_cut(dir_fd, cursors, NULL));
    load(&third);
    assert_int_equal(find(&third, 310, 1000, ""), 110); /* of the first course again */
    assert_int_equal(find(&third, 321, 1000, "taken back"), UINT64_MAX);
    assert_int_equal(find(&third, 360, 1000, "taken back"), UINT64_MAX);
    assert_int_equal(find(&third, 421, 1000, ""), 121);
}

static void test_many_cuts_stay_bounded(void **state UNUSED)
{
    scoped_shell_record struct shell_record r = { 0 };
    uint64_t cursors = 0;

    for (uint64_t i = 1; i <= 200; i++) {
        json_t *cuts = r.cuts ? json_incref(r.cuts) : NULL;
        shell_record_release(&r);
        bring_back(10 * i, cuts);
        raise_to(&cursors, cursors > 10 * i ? cursors : 10 * i);
        cursors += 5; /* of another course */
        assert_true(shell_cursors_cut(dir_fd, cursors, NULL));
        load(&r);
        assert_true(json_array_size(r.cuts) <= 64);
        assert_true(shell_cursor_at(&r, 10 * i + 1) > cursors);
        assert_int_equal(find(&r, shell_cursor_at(&r, 10 * i + 1), 10 * i + 1, ""), 10 * i + 1);
        cursors = shell_cursor_at(&r, 10 * i + 10);
    }
    assert_int_equal(find(&r, 0, 5000, ""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_without_a_cut_it_is_the_offset, make, release),
        cmocka_unit_test_setup_teardown(test_what_was_taken_back_is_refused_for_ever, make,
                                        release),
        cmocka_unit_test_setup_teardown(test_each_course_has_cursors_of_its_own, make, release),
        cmocka_unit_test_setup_teardown(test_many_cuts_stay_bounded, make, release),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
