/* tests/unit/guest/test_guest_file.c: changes to files in the guest program: all or none, whatever
 * the request looks like. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/guest_fixture.h"
#include "vmm/base/file_records.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

static struct guest_fixture guest;
static struct buf input = BUF_INIT(1 << 20);

static int start_guest(void **state UNUSED)
{
    guest_fixture_start(&guest);
    return 0;
}

static int end_guest(void **state UNUSED)
{
    buf_release(&input);
    return guest_fixture_end(&guest);
}

/* --- the tree --- */

/* Makes a file with its own name as content, and its directories. */
static void make(const char *path)
{
    char at[512];

    snprintf(at, sizeof(at), "%s/%s", guest.dir, path);
    *strrchr(at, '/') = '\0';
    assert_true(fs_mkdir_p(at, 0755, NULL));
    snprintf(at, sizeof(at), "%s/%s", guest.dir, path);
    assert_true(fs_replace(AT_FDCWD, at, path, strlen(path), 0640, NULL));
}

/* The output of `find` on the tree: type, mode, name and content of each entry, sorted. */
static char *tree(void)
{
    static const char script[] =
        "cd \"$1\" && find . -mindepth 1 \\( -type f -printf '%y %m %P ' -exec cat {} \\; -printf "
        "'\\n' -o -type l -printf 'l %P -> %l\\n' -o -printf '%y %m %P\\n' \\) | sort";
    const char *argv[] = { "sh", "-c", script, "sh", guest.dir, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    struct buf out = BUF_INIT(65536);
    struct pyro_error err = { 0 };

    if (!proc_run(&spec, PEER_WAIT_MS, &out, &err))
        die("%s", err.message);
    return out.len ? buf_take(&out) : strdup("");
}

static void expect_tree(const char *wanted)
{
    scoped_free char *got = tree();

    assert_string_equal(got, wanted);
}

static void clear(void)
{
    const char *argv[] = { "sh", "-c",      "cd \"$1\" && find . -mindepth 1 -delete",
                           "sh", guest.dir, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    struct buf out = BUF_INIT(65536);

    assert_true(proc_run(&spec, PEER_WAIT_MS, &out, NULL));
    buf_release(&out);
}

/* --- requests --- */

static void add(const void *bytes, size_t n)
{
    assert_true(buf_append(&input, bytes, n));
}

static void base(const char *path)
{
    const uint8_t n[2] = { (uint8_t)strlen(path), 0 };

    buf_clear(&input);
    add(n, 2);
    add(path, strlen(path));
}

static void change_as(enum file_action action, enum file_expect expect, uint32_t mode,
                      const struct stat *st, const char *path, const char *content)
{
    uint8_t head[FILE_CHANGE_HEADER] = { (uint8_t)action, (uint8_t)expect }, length[8];
    size_t n = content ? strlen(content) : 0;

    put_u32(head + 2, mode);
    if (st) {
        put_u64(head + 6, st->st_ino);
        put_u64(head + 14,
                (uint64_t)st->st_ctim.tv_sec * 1000000000u + (uint64_t)st->st_ctim.tv_nsec);
        put_u64(head + 22, (uint64_t)st->st_size);
    }
    head[30] = (uint8_t)strlen(path);
    put_u64(length, n);
    add(head, sizeof(head));
    add(path, strlen(path));
    add(length, sizeof(length));
    add(content, n);
}

static void change(enum file_action action, enum file_expect expect, const char *path,
                   const char *content)
{
    change_as(action, expect, FILE_MODE_KEEP, NULL, path, content);
}

/* Sends what was put together; PYRO_OK when it was done. */
static enum pyro_code commit(void)
{
    struct pyro_error err = { 0 };
    struct call c;

    call_init(&c, &guest.peer);
    c.input = input.data;
    c.input_len = input.len;
    call_start(&c, peer_op("file_write"));
    call_wait(&c);
    assert_non_null(c.result);
    if (error_from_result(c.result, &err))
        err.code = PYRO_OK;
    call_release(&c);
    return err.code;
}

/* --- tests --- */

static void test_write_makes_directories(void **state UNUSED)
{
    clear();
    base("a/b");
    change(FILE_WRITE, FILE_EXPECT_ANY, "a/b/c", "text");
    change_as(FILE_WRITE, FILE_EXPECT_NONE, 0755, NULL, "a/b/d/e", "");
    change(FILE_LINK, FILE_EXPECT_NONE, "a/b/l", "../../out of here");
    assert_int_equal(commit(), PYRO_OK);
    expect_tree("d 755 a\nd 755 a/b\nd 755 a/b/d\nf 644 a/b/c text\nf 755 a/b/d/e \n"
                "l a/b/l -> ../../out of here\n");
}

static void test_write_replaces_and_keeps_the_mode(void **state UNUSED)
{
    clear();
    make("a/one");
    make("a/two");
    base("a");
    change(FILE_WRITE, FILE_EXPECT_ANY, "a/one", "new");
    change_as(FILE_WRITE, FILE_EXPECT_ANY, 0711, NULL, "a/two", "newer");
    assert_int_equal(commit(), PYRO_OK);
    expect_tree("d 755 a\nf 640 a/one new\nf 711 a/two newer\n");
}

static void test_removal_takes_emptied_directories(void **state UNUSED)
{
    clear();
    make("a/b/c/d");
    make("a/keep");
    base("a/b/c");
    change(FILE_REMOVE, FILE_EXPECT_ANY, "a/b/c/d", NULL);
    assert_int_equal(commit(), PYRO_OK);
    expect_tree("d 755 a\nf 640 a/keep a/keep\n");
}

static void test_a_directory_becomes_a_file_and_back(void **state UNUSED)
{
    clear();
    make("a/b/c");
    base("");
    change(FILE_WRITE, FILE_EXPECT_NONE, "a", "now a file");
    change(FILE_REMOVE, FILE_EXPECT_ANY, "a/b/c", NULL);
    assert_int_equal(commit(), PYRO_OK);
    expect_tree("f 644 a now a file\n");
    base("");
    change(FILE_REMOVE, FILE_EXPECT_ANY, "a", NULL);
    change(FILE_WRITE, FILE_EXPECT_NONE, "a/b/c", "a/b/c");
    assert_int_equal(commit(), PYRO_OK);
    expect_tree("d 755 a\nd 755 a/b\nf 644 a/b/c a/b/c\n");
}

/* The last change fails when all others have been made: they are taken back. */
/* More than are synced at once, with others between them; requests are answered all the while. */
static void test_many_files_at_once(void **state UNUSED)
{
    struct buf wanted = BUF_INIT(65536);
    char name[16];
    struct call c, other;

    clear();
    make("gone");
    base("");
    for (int i = 100; i < 300; i++) {
        snprintf(name, sizeof(name), "f%d", i);
        change(FILE_WRITE, FILE_EXPECT_ANY, name, name);
        assert_true(buf_printf(&wanted, "f 644 %s %s\n", name, name));
        if (i == 150)
            change(FILE_REMOVE, FILE_EXPECT_ANY, "gone", NULL);
    }
    call_init(&c, &guest.peer);
    c.input = input.data;
    c.input_len = input.len;
    call_start(&c, peer_op("file_write"));
    call_run(&other, &guest.peer, peer_op("stat"));
    assert_non_null(other.result);
    call_release(&other);
    call_wait(&c);
    assert_int_equal(json_integer_value(json_object_get(c.result, "bytes_written")), 800);
    call_release(&c);
    expect_tree(wanted.data);
    buf_release(&wanted);
}

static void test_failure_takes_all_back(void **state UNUSED)
{
    scoped_free char *before = NULL;

    clear();
    make("gone/deep/file");
    make("replaced");
    make("there");
    make("directory/x");
    before = tree();
    base("");
    change(FILE_REMOVE, FILE_EXPECT_ANY, "gone/deep/file", NULL);
    change(FILE_WRITE, FILE_EXPECT_ANY, "replaced", "new");
    change(FILE_WRITE, FILE_EXPECT_NONE, "gone", "a file now");
    change(FILE_WRITE, FILE_EXPECT_NONE, "new/deep/file", "new");
    change(FILE_LINK, FILE_EXPECT_NONE, "link", "target");
    change(FILE_WRITE, FILE_EXPECT_NONE, "there", "new");
    assert_int_equal(commit(), PYRO_WORKSPACE_BUSY);
    expect_tree(before);
    base("");
    change(FILE_WRITE, FILE_EXPECT_ANY, "replaced", "new");
    change(FILE_WRITE, FILE_EXPECT_NONE, "directory", "new");
    assert_int_equal(commit(), PYRO_WRONG_FILE_TYPE);
    expect_tree(before);
    base("");
    change(FILE_WRITE, FILE_EXPECT_ANY, "replaced", "new");
    change(FILE_WRITE, FILE_EXPECT_NONE, "there/below/a/file", "new");
    assert_int_equal(commit(), PYRO_WRONG_FILE_TYPE);
    expect_tree(before);
}

static void test_what_changed_meanwhile_is_left_alone(void **state UNUSED)
{
    scoped_free char *before = NULL;
    struct stat st;
    char at[80];

    clear();
    make("one");
    make("two");
    snprintf(at, sizeof(at), "%s/one", guest.dir);
    assert_int_equal(stat(at, &st), 0);
    make("one"); /* another inode */
    before = tree();
    for (int removal = 0; removal < 2; removal++) {
        base("");
        change(FILE_WRITE, FILE_EXPECT_ANY, "two", "new");
        change_as(removal ? FILE_REMOVE : FILE_WRITE, FILE_EXPECT_SAME, 0644, &st, "one",
                  removal ? NULL : "new");
        assert_int_equal(commit(), PYRO_WORKSPACE_BUSY);
        expect_tree(before);
    }
    assert_int_equal(stat(at, &st), 0);
    base("");
    change_as(FILE_WRITE, FILE_EXPECT_SAME, 0600, &st, "one", "new");
    assert_int_equal(commit(), PYRO_OK);
    base("");
    change(FILE_REMOVE, FILE_EXPECT_SAME, "one", NULL);
    assert_int_equal(commit(), PYRO_WORKSPACE_BUSY);
    expect_tree("f 600 one new\nf 640 two two\n");
}

static void test_hostile_paths_are_refused(void **state UNUSED)
{
    static const char *const paths[] = { "/etc/x", "../x", "a/../../x", "a//b",
                                         "a/",     "./a",  "a/.",       ".." };
    char at[80];

    clear();
    snprintf(at, sizeof(at), "%s/link", guest.dir);
    assert_int_equal(symlink("/tmp", at), 0);
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        base("");
        change(FILE_WRITE, FILE_EXPECT_ANY, paths[i], "x");
        assert_int_equal(commit(), PYRO_PATH_REFUSED);
        base(paths[i]);
        change(FILE_WRITE, FILE_EXPECT_ANY, "x", "x");
        assert_int_equal(commit(), PYRO_PATH_REFUSED);
    }
    base("");
    change(FILE_WRITE, FILE_EXPECT_ANY, "link/x", "x");
    assert_int_equal(commit(), PYRO_PATH_REFUSED);
    base("link");
    change(FILE_WRITE, FILE_EXPECT_ANY, "link/x", "x");
    assert_int_equal(commit(), PYRO_PATH_REFUSED);
    base("");
    change(FILE_REMOVE, FILE_EXPECT_ANY, "link/x", NULL);
    assert_int_equal(commit(), PYRO_PATH_REFUSED);
    expect_tree("l link -> /tmp\n");
}

/* Cut short anywhere, or with any byte of a head spoiled: an error or a change, never a hang or a
 * rest. */
static void test_malformed_requests(void **state UNUSED)
{
    scoped_buf whole = BUF_INIT(4096);

    base("a");
    change(FILE_WRITE, FILE_EXPECT_NONE, "a/b", "some content");
    change(FILE_LINK, FILE_EXPECT_NONE, "a/c", "target");
    assert_true(buf_append(&whole, input.data, input.len));
    for (size_t n = 0; n < whole.len; n++) {
        clear();
        buf_clear(&input);
        add(whole.data, n);
        if (n > 3 && n == 3 + FILE_CHANGE_HEADER + 3 + 8 + 12) /* one whole change */
            assert_int_equal(commit(), PYRO_OK);
        else if (n != 3)
            assert_int_not_equal(commit(), PYRO_OK);
    }
    for (size_t n = 0; n < whole.len; n++) {
        clear();
        buf_clear(&input);
        add(whole.data, whole.len);
        input.data[n] = (char)0xff;
        commit();
    }
    clear();
    base("a");
    assert_int_equal(commit(), PYRO_OK); /* nothing to do */
    expect_tree("");
}

static void test_a_cancelled_write_leaves_nothing(void **state UNUSED)
{
    struct call c, after;

    clear();
    make("a/b");
    base("a");
    change(FILE_WRITE, FILE_EXPECT_ANY, "a/b", "new content that is not all");
    call_init(&c, &guest.peer);
    c.input = input.data;
    c.input_len = input.len - 5;
    c.input_open = true;
    call_start(&c, peer_op("file_write"));
    stream_close(&c.stream, NULL);
    call_run(&after, &guest.peer, peer_op("stat"));
    call_release(&after);
    call_release(&c);
    expect_tree("d 755 a\nf 640 a/b a/b\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_makes_directories),
        cmocka_unit_test(test_write_replaces_and_keeps_the_mode),
        cmocka_unit_test(test_removal_takes_emptied_directories),
        cmocka_unit_test(test_a_directory_becomes_a_file_and_back),
        cmocka_unit_test(test_many_files_at_once),
        cmocka_unit_test(test_failure_takes_all_back),
        cmocka_unit_test(test_what_changed_meanwhile_is_left_alone),
        cmocka_unit_test(test_hostile_paths_are_refused),
        cmocka_unit_test(test_malformed_requests),
        cmocka_unit_test(test_a_cancelled_write_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, start_guest, end_guest);
}
