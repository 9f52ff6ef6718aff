/* tests/unit/supervisor/test_line_file.c: lines of a file that are whole or not there. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/supervisor/line_file.h"
#include "vmm/base/fs.h"

#define SPARE 100

static int file_of(const char *text, size_t n)
{
    int fd = memfd_create("lines", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_true(fs_write_all(fd, text, n, NULL));
    assert_int_equal(fcntl(fd, F_SETFL, O_APPEND), 0);
    return fd;
}

static struct line_file open_file(const char *text, size_t n)
{
    struct line_file f;

    assert_true(line_file_open(&f, file_of(text, n), SPARE));
    return f;
}

/* Begins with that. */
static void assert_holds(int fd, const char *text, size_t n)
{
    scoped_free char *got = calloc(1, n + 1);

    assert_non_null(got);
    assert_int_equal(fs_pread_full(fd, got, n, 0), n);
    assert_memory_equal(got, text, n);
}

static void test_mend(void **state UNUSED)
{
    static const struct {
        const char *before, *after;
    } cases[] = { { "", "" },  { "a\n", "a\n" }, { "a\nb", "a\n" }, { "a\n\nb", "a\n\n" },
                  { "a", "" }, { "\n", "\n" } };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct line_file f = open_file(cases[i].before, strlen(cases[i].before));
        assert_holds(f.fd, cases[i].after, strlen(cases[i].after));
        assert_int_equal(f.size, strlen(cases[i].after));
        assert_true(line_file_add(&f, 0, "next\n", 5));
        assert_int_equal(f.size, strlen(cases[i].after) + 5);
        assert_int_equal(lseek(f.fd, 0, SEEK_END), f.size);
        line_file_close(&f);
    }
}

/* The last newline at every distance from the end that the steps of the search can tell apart. */
static void test_mend_far_back(void **state UNUSED)
{
    static const size_t rests[] = { 1, 4094, 4095, 4096, 4097, 8191, 8192, 8193, 20000 };
    char bytes[20004];

    for (size_t i = 0; i < ARRAY_SIZE(rests); i++) {
        struct line_file f;
        memset(bytes, '\0', sizeof(bytes));
        memcpy(bytes, "one\n", 4);
        f = open_file(bytes, 4 + rests[i]);
        assert_holds(f.fd, "one\n", 4);
        line_file_close(&f);
    }
}

static void test_no_room_for_a_line(void **state UNUSED)
{
    struct line_file f = open_file("one\n", 4);
    struct rlimit old, small;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){ .rlim_cur = 7, .rlim_max = old.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool added = line_file_add(&f, 0, "too long\n", 9);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_false(added);
    assert_holds(f.fd, "one\n", 4);
    assert_true(line_file_add(&f, 0, "two\n", 4));
    assert_holds(f.fd, "one\ntwo\n", 8);
    line_file_close(&f);
}

static void test_closed(void **state UNUSED)
{
    struct line_file f;

    assert_false(line_file_open(&f, -1, SPARE));
    assert_false(line_file_add(&f, 0, "x\n", 2));
    line_file_close(&f);
}

/* Lines have room in proportion to the log, no matter who makes them; the last one always. */
static void test_bound(void **state UNUSED)
{
    struct line_file f = open_file("", 0);

    for (int i = 0; i < SPARE / 5; i++)
        assert_true(line_file_add(&f, 0, "line\n", 5));
    assert_false(line_file_add(&f, 0, "line\n", 5));
    assert_false(line_file_add(&f, 4 * LINE_FILE_SHARE, "line\n", 5));
    assert_true(line_file_add(&f, 5 * LINE_FILE_SHARE, "line\n", 5));
    assert_false(line_file_add(&f, 5 * LINE_FILE_SHARE, "line\n", 5));
    assert_true(line_file_add_last(&f, "the end\n", 8));
    line_file_close(&f);
}

static void test_drop_keeps_positions(void **state UNUSED)
{
    static const char zeros[4];
    struct line_file f = open_file("one\ntwo\n", 8);

    line_file_drop(&f, 9); /* nothing: it is beyond the end */
    assert_holds(f.fd, "one\ntwo\n", 8);
    line_file_drop(&f, 4);
    assert_int_equal(f.size, 8);
    assert_holds(f.fd, zeros, 4);
    assert_true(line_file_add(&f, 0, "three\n", 6));
    assert_int_equal(lseek(f.fd, 0, SEEK_END), 14);
    line_file_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mend),
        cmocka_unit_test(test_mend_far_back),
        cmocka_unit_test(test_no_room_for_a_line),
        cmocka_unit_test(test_closed),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_drop_keeps_positions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
