/* engine/supervisor/guest_log.c: the guest's offsets and the file's, whenever the writer was
 * killed. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/supervisor/guest_log.h"
#include "vmm/base/fs.h"
#include "vmm/base/redact.h"

static char dir_path[] = "/tmp/pyro-guest-log.XXXXXX";
static int dir_fd;

static bool publish(void *arg UNUSED)
{
    return true;
}

static int open_file(const char *name, int flags)
{
    return openat(dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC | flags, 0600);
}

static void open_log(struct guest_log *log)
{
    struct pyro_error err = { 0 };

    *log = (struct guest_log){ .what = "a test", .publish = publish };
    assert_true(guest_log_open(log, open_file("log", O_APPEND), open_file("events", O_APPEND),
                               open_file("marks", 0), &err));
}

static void fresh(struct guest_log *log)
{
    unlinkat(dir_fd, "log", 0);
    unlinkat(dir_fd, "events", 0);
    unlinkat(dir_fd, "marks", 0);
    open_log(log);
}

static void add(struct guest_log *log, const char *text)
{
    struct pyro_error err = { 0 };
    size_t written;

    assert_true(guest_log_add(log, text, strlen(text), &written, &err));
}

static void redact(struct guest_log *log, size_t guest_bytes)
{
    struct pyro_error err = { 0 };

    assert_true(guest_log_redact(log, guest_bytes, &err));
}

static void cut_log(off_t size)
{
    scoped_close int fd = open_file("log", 0);

    assert_int_equal(ftruncate(fd, size), 0);
}

static void assert_log(const char *wanted)
{
    scoped_buf text = BUF_INIT(4096);

    assert_true(fs_read_file(dir_fd, "log", &text, NULL));
    assert_string_equal(text.data ? text.data : "", wanted);
}

static void test_offsets_survive_a_reopening(void **state UNUSED)
{
    struct guest_log log;

    fresh(&log);
    assert_int_equal(guest_log_offset(&log), 0);
    add(&log, "abc");
    assert_int_equal(guest_log_offset(&log), 3);
    redact(&log, 7);
    assert_int_equal(guest_log_offset(&log), 10);
    guest_log_close(&log);
    open_log(&log);
    assert_int_equal(guest_log_offset(&log), 10);
    add(&log, "de");
    redact(&log, 1); /* longer in the file than in the guest */
    redact(&log, 30000);
    add(&log, "f");
    assert_int_equal(guest_log_offset(&log), 30014);
    guest_log_close(&log);
    open_log(&log);
    assert_int_equal(guest_log_offset(&log), 30014);
    assert_log("abc[REDACTED]de[REDACTED][REDACTED]f");
    guest_log_close(&log);
}

static void test_places_of_offsets(void **state UNUSED)
{
    struct guest_log log;

    fresh(&log);
    assert_int_equal(guest_log_place(&log, 4), 4);
    add(&log, "abc");
    redact(&log, 7); /* 3..10 is 3..13 */
    add(&log, "def");
    assert_int_equal(guest_log_place(&log, 10), 13);
    assert_int_equal(guest_log_place(&log, 12), 15);
    assert_int_equal(guest_log_place(&log, 113), 116);
    assert_int_equal(guest_log_place(&log, 8), 3);
    guest_log_close(&log);
}

/* Killed between the mark and its place, and at each byte of that: the place is done again. */
static void test_killed_at_a_place(void **state UNUSED)
{
    for (size_t there = 0; there <= REDACTED_BYTES; there++) {
        bool whole = there == REDACTED_BYTES;
        struct guest_log log;
        fresh(&log);
        add(&log, "ab");
        redact(&log, 5);
        add(&log, "cd");
        redact(&log, 9);
        guest_log_close(&log);
        cut_log((off_t)(14 + there));
        open_log(&log);
        assert_int_equal(guest_log_offset(&log), whole ? 18 : 9);
        /* What comes in its place may be something else, and long, and cut short again. */
        add(&log, "a long text without any");
        assert_int_equal(guest_log_offset(&log), (whole ? 18 : 9) + 23);
        guest_log_close(&log);
        open_log(&log);
        assert_int_equal(guest_log_offset(&log), (whole ? 18 : 9) + 23);
        assert_log(whole ? "ab[REDACTED]cd[REDACTED]a long text without any"
                         : "ab[REDACTED]cda long text without any");
        guest_log_close(&log);
    }
}

static void test_a_mark_that_is_no_mark(void **state UNUSED)
{
    struct guest_log log;
    int fd;

    fresh(&log);
    add(&log, "abc");
    guest_log_close(&log);
    fd = open_file("marks", 0);
    assert_int_equal(write(fd, "short", 5), 5);
    close(fd);
    open_log(&log);
    assert_int_equal(guest_log_offset(&log), 3);
    redact(&log, 4);
    guest_log_close(&log);
    open_log(&log);
    assert_int_equal(guest_log_offset(&log), 7);
    guest_log_close(&log);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offsets_survive_a_reopening),
        cmocka_unit_test(test_places_of_offsets),
        cmocka_unit_test(test_killed_at_a_place),
        cmocka_unit_test(test_a_mark_that_is_no_mark),
    };
    int failed;

    if (!mkdtemp(dir_path) || (dir_fd = open(dir_path, O_DIRECTORY | O_CLOEXEC)) < 0)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    return fs_remove_tree(AT_FDCWD, dir_path, NULL) ? failed : 1;
}
