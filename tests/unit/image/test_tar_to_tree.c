/* tests/unit/image/test_tar_to_tree.c: archives as streams, compared with tar; members that are
 * refused. */
#include "tests/unit/tree_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/image/tar/source.h"
#include "engine/image/tar/tar_to_tree.h"
#include "tests/unit/image_fixture.h"

static bool convert(int fd, struct buf *to, const struct tar_limits *limits,
                    struct tree_counts *ret, struct pyro_error *err)
{
    static const struct tar_limits none;
    struct archive *a = source_new_tar(err);
    struct tree_output out;
    bool ok;

    assert_non_null(a);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_true(tree_output_init(&out, tree_to_buf, to, err));
    ok = source_open_fd(a, fd, err) &&
         tar_to_tree(a, to ? &out : NULL, limits ? limits : &none, ret, err);
    tree_output_release(&out);
    archive_read_free(a);
    return ok;
}

static void test_the_same_as_tar(void **state UNUSED)
{
    static const char *const commands[] = {
        "tar --format=posix -C \"$A\" -cf \"$B\" .",
        "tar --format=posix --sparse -C \"$A\" -cf \"$B\" .",
        "tar --format=posix -C \"$A\" -czf \"$B\" .",
        "tar --format=posix -C \"$A\" -cf - . | xz -1 >\"$B\"",
        "tar --format=posix -C \"$A\" -cf - . | zstd -q -1 >\"$B\"",
    };
    char from[4096], work[4096];
    int from_fd = tree_new_dir(from), work_fd = tree_new_dir(work);

    tree_make_zoo(from);
    tree_sh(from, NULL, "chmod u+rwx \"$A/a/b/c\"; rm -rf \"$A/d\"");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        scoped_buf stream = BUF_INIT(TREE_STREAM_MAX);
        struct tree_write w = {
            .dirfd = work_fd, .name = "ours", .label = "ours", .mode_mask = 07777
        };
        struct pyro_error err = { 0 };
        struct tree_counts counts, looked;
        char tar[4200], ours[4200], theirs[4200];
        int fd, root;
        snprintf(tar, sizeof(tar), "%s/tar", work);
        snprintf(ours, sizeof(ours), "%s/ours", work);
        snprintf(theirs, sizeof(theirs), "%s/theirs", work);
        tree_sh(from, tar, commands[i]);
        tree_sh(tar, theirs,
                "mkdir -p \"$B\" \"$(dirname \"$A\")/ours\" && "
                "tar -C \"$B\" -xpf \"$A\" 2>/dev/null");
        fd = open(tar, O_RDONLY | O_CLOEXEC);
        root = open(ours, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        w = (struct tree_write){
            .dirfd = root, .label = "ours", .mode_mask = 07777, .replace = true
        };
        if (!convert(fd, &stream, NULL, &counts, &err) ||
            !tree_unstream(&stream, &w, &looked, &err))
            fail_msg("%s: %s", commands[i], err.message);
        assert_int_equal(counts.entries, looked.entries);
        assert_int_equal(counts.bytes, looked.bytes);
        tree_sh(theirs, ours, "touch -r \"$A\" \"$B\"; chmod --reference=\"$A\" \"$B\"");
        tree_assert_same(theirs, ours);
        close(fd);
        close(root);
        tree_forget(ours);
        tree_forget(theirs);
    }
    close(from_fd);
    close(work_fd);
    tree_forget(from);
    tree_forget(work);
}

/* Each after a file "f", a link "l" to /etc and a directory "d". */
static const struct {
    struct member member;
    const char *said;
} refused[] = {
    { { .path = "/x", .mode = S_IFREG | 0644 }, "member '/x' has an absolute name" },
    { { .path = "../x", .mode = S_IFREG | 0644 }, "member '../x' has '..'" },
    { { .path = "d/../../x", .mode = S_IFREG | 0644 }, "has '..'" },
    { { .path = "d/../x", .mode = S_IFREG | 0644 }, "has '..'" },
    { { .path = "..", .mode = S_IFDIR | 0755 }, "has '..'" },
    { { .path = "l/x", .mode = S_IFREG | 0644 }, "written through the symbolic link 'l'" },
    { { .path = "./l//x/y", .mode = S_IFDIR | 0755 }, "written through the symbolic link 'l'" },
    { { .path = "f/x", .mode = S_IFREG | 0644 }, "into 'f', which is not a directory" },
    { { .path = "l", .mode = S_IFDIR | 0755 }, "is a directory in one place" },
    { { .path = "d", .mode = S_IFLNK | 0777, .symlink = "/etc" }, "is a directory in one place" },
    { { .path = "h", .hard_link = "/etc/passwd" }, "a hard link that leads out" },
    { { .path = "h", .hard_link = "../f" }, "a hard link that leads out" },
    { { .path = "h", .hard_link = "l/passwd" }, "not in the archive before it" },
    { { .path = "h", .hard_link = "d" }, "which is a directory" },
    { { .path = "h", .hard_link = "later" }, "not in the archive before it" },
    { { .path = "l/h", .hard_link = "f" }, "written through the symbolic link 'l'" },
    { { .path = "c", .mode = S_IFCHR | 0644, .major = 1, .minor = 3 }, "'c' is a device" },
    { { .path = "b", .mode = S_IFBLK | 0644, .major = 8 }, "'b' is a device" },
    { { .path = "p", .mode = S_IFIFO | 0644 }, "'p' is a FIFO" },
    { { .path = ".", .mode = S_IFREG | 0644 }, "is the root of the archive" },
};

static void test_members_that_are_refused(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        scoped_buf stream = BUF_INIT(TREE_STREAM_MAX);
        struct pyro_error err = { 0 };
        struct tree_counts counts;
        struct member m = refused[i].member;
        struct tar t;

        if (m.hard_link)
            m.mode = S_IFREG | 0644;
        tar_begin(&t);
        tar_add_file(&t, "f", "content");
        tar_add(&t, &(struct member){ .path = "l", .mode = S_IFLNK | 0777, .symlink = "/etc" });
        tar_add(&t, &(struct member){ .path = "d", .mode = S_IFDIR | 0755 });
        tar_add(&t, &m);
        tar_end(&t);
        if (convert(t.fd, &stream, NULL, &counts, &err))
            fail_msg("case %zu passed", i);
        if (!strstr(err.message, refused[i].said) || err.code != PYRO_CONTENT_REFUSED)
            fail_msg("case %zu: %s", i, err.message);
        close(t.fd);
    }
}

static void test_more_than_fits(void **state UNUSED)
{
    static const struct tar_limits few = { 0, 2 }, small = { 8191, 0 }, enough = { 8192, 3 };
    scoped_buf stream = BUF_INIT(TREE_STREAM_MAX);
    struct pyro_error err = { 0 };
    struct tree_counts counts;
    struct tar t;

    tar_begin(&t);
    tar_add_file(&t, "a", "one");
    tar_add_file(&t, "b", "two");
    tar_add(&t, &(struct member){ .path = "d", .mode = S_IFDIR | 0755 });
    tar_end(&t);
    assert_false(convert(t.fd, &stream, &few, &counts, &err));
    assert_int_equal(err.code, PYRO_NO_SPACE);
    assert_false(convert(t.fd, &stream, &small, &counts, &err));
    assert_int_equal(err.code, PYRO_NO_SPACE);
    assert_true(convert(t.fd, &stream, &enough, &counts, &err));
    assert_int_equal(counts.entries, 3);
    close(t.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_as_tar),
        cmocka_unit_test(test_members_that_are_refused),
        cmocka_unit_test(test_more_than_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
