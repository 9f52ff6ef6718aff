/* tests/unit/base/test_fs.c: whole files, replacement, trees, locks. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "vmm/base/fs.h"

#define LONG_MS 60000

static char path[64];
static int dir = -1;

static int set_up(void **state UNUSED)
{
    snprintf(path, sizeof(path), "/tmp/pyro-fs-XXXXXX");
    if (!mkdtemp(path))
        return -1;
    dir = fs_open_dir(AT_FDCWD, path, NULL);
    return dir < 0 ? -1 : 0;
}

static int tear_down(void **state UNUSED)
{
    close(dir);
    return fs_remove_tree(AT_FDCWD, path, NULL) ? 0 : -1;
}

static void expect_content(const char *name, const char *want)
{
    scoped_buf b = BUF_INIT(100000);

    assert_true(fs_read_file(dir, name, &b, NULL));
    assert_string_equal(b.data, want);
}

static void test_write_and_replace(void **state UNUSED)
{
    struct stat st;

    assert_true(fs_write_atomic(dir, "f", "first", 5, 0640, NULL));
    expect_content("f", "first");
    assert_true(fs_write_atomic(dir, "f", "second", 6, 0600, NULL));
    expect_content("f", "second");
    assert_int_equal(fstatat(dir, "f", &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(fs_replace(dir, "f", "", 0, 0600, NULL));
    expect_content("f", "");
}

/* Up to the end from where the descriptor is; as much as fits, and no more. */
static void test_read_and_write_at(void **state UNUSED)
{
    scoped_close int fd = openat(dir, "f", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    scoped_buf all = BUF_INIT(8), small = BUF_INIT(7);

    assert_true(fs_pwrite_all(fd, "world", 5, 3));
    assert_true(fs_pwrite_all(fd, "hi ", 3, 0));
    assert_true(fs_read_fd(fd, &all));
    assert_string_equal(all.data, "hi world");
    assert_true(fs_read_fd(fd, &all)); /* at the end there is no more */
    assert_int_equal(all.len, 8);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_false(fs_read_fd(fd, &small));
    assert_int_equal(errno, EFBIG);
    assert_false(fs_pwrite_all(dir, "x", 1, 0));
    assert_int_equal(errno, EBADF);
    assert_false(fs_read_fd(dir, &all));
    assert_int_equal(errno, EISDIR);
}

static void test_setting(void **state UNUSED)
{
    assert_true(fs_replace(dir, "f", "1\n", 2, 0600, NULL));
    assert_true(fs_write_setting(dir, "f", "0"));
    expect_content("f", "0\n"); /* a file of the kernel's is not made, and not emptied */
    assert_false(fs_write_setting(dir, "missing", "0"));
    assert_int_equal(errno, ENOENT);
}

static unsigned count_entries(void)
{
    scoped_dir DIR *d = opendir(path);
    unsigned n = 0;

    while (readdir(d))
        n++;
    return n - 2;
}

static void test_failed_write_leaves_nothing(void **state UNUSED)
{
    struct pyro_error err = { 0 };

    assert_int_equal(mkdirat(dir, "d", 0755), 0);
    assert_false(fs_write_atomic(dir, "d", "x", 1, 0600, &err));
    assert_non_null(strstr(err.message, "'d'"));
    assert_int_equal(count_entries(), 1);
    assert_false(fs_write_atomic(dir, "no/such", "x", 1, 0600, &err));
    assert_int_equal(err.sys_errno, ENOENT);
    assert_int_equal(count_entries(), 1);
}

/* A symlink in the place of a file is replaced, never written through. */
static void test_write_does_not_follow_a_link(void **state UNUSED)
{
    assert_true(fs_write_atomic(dir, "target", "safe", 4, 0600, NULL));
    assert_int_equal(symlinkat("target", dir, "link"), 0);
    assert_true(fs_write_atomic(dir, "link", "new", 3, 0600, NULL));
    expect_content("target", "safe");
    expect_content("link", "new");
}

static void test_read_limits(void **state UNUSED)
{
    scoped_buf b = BUF_INIT(10);
    struct pyro_error err = { 0 };

    assert_true(fs_write_atomic(dir, "f", "0123456789", 10, 0600, NULL));
    assert_true(fs_read_file(dir, "f", &b, &err));
    assert_int_equal(b.len, 10);
    buf_clear(&b);
    assert_true(fs_write_atomic(dir, "f", "0123456789a", 11, 0600, NULL));
    assert_false(fs_read_file(dir, "f", &b, &err));
    assert_int_equal(err.code, PYRO_RECORD_INVALID);
    assert_false(fs_read_file(dir, "none", &b, &err));
    assert_int_equal(err.sys_errno, ENOENT);
    assert_false(fs_read_file(dir, ".", &b, &err));
}

static void test_read_file_of_nothing(void **state UNUSED)
{
    scoped_buf b = BUF_INIT(10);

    assert_true(fs_write_atomic(dir, "f", "", 0, 0600, NULL));
    assert_true(fs_read_file(dir, "f", &b, NULL));
    assert_non_null(b.data);
    assert_string_equal(b.data, "");
}

static void test_mkdir_p(void **state UNUSED)
{
    char deep[128];
    struct stat st;
    struct pyro_error err = { 0 };

    snprintf(deep, sizeof(deep), "%s/a//b/c/", path);
    assert_true(fs_mkdir_p(deep, 0700, NULL));
    assert_true(fs_mkdir_p(deep, 0700, NULL));
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_true(fs_write_atomic(dir, "file", "", 0, 0600, NULL));
    snprintf(deep, sizeof(deep), "%s/file/below", path);
    assert_false(fs_mkdir_p(deep, 0700, &err));
    assert_int_equal(err.sys_errno, ENOTDIR);
}

static void test_remove_tree_does_not_follow_links(void **state UNUSED)
{
    char outside[64] = "/tmp/pyro-out-XXXXXX", deep[128];
    int out;

    assert_non_null(mkdtemp(outside));
    out = fs_open_dir(AT_FDCWD, outside, NULL);
    assert_true(fs_write_atomic(out, "kept", "x", 1, 0600, NULL));
    snprintf(deep, sizeof(deep), "%s/t/a/b", path);
    assert_true(fs_mkdir_p(deep, 0700, NULL));
    assert_true(fs_write_atomic(dir, "t/a/f", "x", 1, 0400, NULL));
    assert_int_equal(symlinkat(outside, dir, "t/link"), 0);
    assert_int_equal(mkfifoat(dir, "t/fifo", 0600), 0);
    assert_true(fs_remove_tree(dir, "t", NULL));
    assert_true(fs_remove_tree(dir, "t", NULL)); /* not there: no error */
    assert_int_equal(faccessat(dir, "t", F_OK, 0), -1);
    assert_int_equal(symlinkat(outside, dir, "link"), 0);
    assert_true(fs_remove_tree(dir, "link", NULL)); /* the link itself */
    assert_int_equal(faccessat(out, "kept", F_OK, 0), 0);
    close(out);
    assert_true(fs_remove_tree(AT_FDCWD, outside, NULL));
}

static void test_lock_excludes_others(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    int fd = fs_lock(dir, "lock", FS_LOCK_NOW, &err);

    assert_true(fd >= 0);
    assert_int_equal(fs_lock(dir, "lock", FS_LOCK_NOW, &err), -1);
    assert_int_equal(err.code, PYRO_WORKSPACE_BUSY);
    close(fd);
    fd = fs_lock(dir, "lock", FS_LOCK_NOW, &err);
    assert_true(fd >= 0);
    close(fd);
}

/* Who waits for a lock whose file is removed meanwhile gets the lock of the new file. */
static void test_lock_follows_a_file_made_anew(void **state UNUSED)
{
    struct stat by_fd, by_name;
    int held = fs_lock(dir, "lock", FS_LOCK_NOW, NULL), status;
    pid_t child;

    assert_true(held >= 0);
    child = fork();
    if (child == 0) {
        int fd;
        close(held);
        fd = fs_lock(dir, "lock", clock_ms() + LONG_MS, NULL);
        _exit(fd >= 0 && fstat(fd, &by_fd) == 0 && fstatat(dir, "lock", &by_name, 0) == 0 &&
                      by_fd.st_ino == by_name.st_ino
                  ? 0
                  : 1);
    }
    assert_int_equal(unlinkat(dir, "lock", 0), 0);
    close(held);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_hex_and_random(void **state UNUSED)
{
    char text[9];
    uint8_t a[32], b[32];

    hex_encode("\x00\x9f\xa0\xff", 4, text);
    assert_string_equal(text, "009fa0ff");
    random_bytes(a, sizeof(a));
    random_bytes(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(test_write_and_replace),
        TEST(test_read_and_write_at),
        TEST(test_setting),
        TEST(test_failed_write_leaves_nothing),
        TEST(test_write_does_not_follow_a_link),
        TEST(test_read_limits),
        TEST(test_read_file_of_nothing),
        TEST(test_mkdir_p),
        TEST(test_remove_tree_does_not_follow_links),
        TEST(test_lock_excludes_others),
        TEST(test_lock_follows_a_file_made_anew),
        TEST(test_hex_and_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
