/* tests/unit/test_line_file.c: lines of a file that are whole or not there. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/supervisor/line_file.h"
#include "vmm/base/fs.h"

static int file_of(const char *text, size_t n)
{
    int fd = memfd_create("lines", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_true(fs_write_all(fd, text, n, NULL));
    assert_int_equal(fcntl(fd, F_SETFL, O_APPEND), 0);
    return fd;
}

static void assert_holds(int fd, const char *text, size_t n)
{
    scoped_free char *got = calloc(1, n + 2);

    assert_non_null(got);
    assert_int_equal(fs_pread_full(fd, got, n + 1, 0), n);
    assert_memory_equal(got, text, n);
}

static void test_mend(void **state UNUSED)
{
    static const struct {
        const char *before, *after;
    } cases[] = { { "", "" },  { "a\n", "a\n" }, { "a\nb", "a\n" }, { "a\n\nb", "a\n\n" },
                  { "a", "" }, { "\n", "\n" } };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_close int fd = file_of(cases[i].before, strlen(cases[i].before));
        assert_true(line_file_mend(fd));
        assert_holds(fd, cases[i].after, strlen(cases[i].after));
        assert_true(line_file_add(fd, "next\n", 5));
        assert_true(line_file_mend(fd));
        assert_int_equal(lseek(fd, 0, SEEK_END), strlen(cases[i].after) + 5);
    }
}

/* The last newline at every distance from the end that the steps of the search can tell apart. */
static void test_mend_far_back(void **state UNUSED)
{
    static const size_t rests[] = { 1, 4094, 4095, 4096, 4097, 8191, 8192, 8193, 20000 };
    char bytes[20004];

    for (size_t i = 0; i < ARRAY_SIZE(rests); i++) {
        scoped_close int fd = -1;
        memset(bytes, '\0', sizeof(bytes));
        memcpy(bytes, "one\n", 4);
        fd = file_of(bytes, 4 + rests[i]);
        assert_true(line_file_mend(fd));
        assert_holds(fd, "one\n", 4);
    }
}

static void test_no_room_for_a_line(void **state UNUSED)
{
    scoped_close int fd = file_of("one\n", 4);
    struct rlimit old, small;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){ .rlim_cur = 7, .rlim_max = old.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool added = line_file_add(fd, "too long\n", 9);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_false(added);
    assert_holds(fd, "one\n", 4);
    assert_true(line_file_add(fd, "two\n", 4));
    assert_holds(fd, "one\ntwo\n", 8);
}

static void test_closed(void **state UNUSED)
{
    assert_false(line_file_mend(-1));
    assert_false(line_file_add(-1, "x\n", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mend),
        cmocka_unit_test(test_mend_far_back),
        cmocka_unit_test(test_no_room_for_a_line),
        cmocka_unit_test(test_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
