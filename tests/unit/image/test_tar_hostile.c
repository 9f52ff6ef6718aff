/* Tars that nobody well-meaning writes: each refused with the member named, or made harmless. */
#include "tests/unit/image_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void assert_refused(struct tar *t, int64_t size_bytes, enum pyro_code code,
                           const char *message_part)
{
    struct pyro_error err = { 0 };
    struct tar_counts counts;

    if (image_try(t, size_bytes, &counts, &err) >= 0)
        fail_msg("taken, though it should be refused with '%s'", message_part);
    if (err.code != code || !strstr(err.message, message_part))
        fail_msg("got %s: %s", pyro_code_name(err.code), err.message);
}

static void test_tar_to_ext4_refused_members(void **state UNUSED)
{
    static char long_name[300], long_target[4200], value[5000];
    static const struct refused_row {
        struct member member;
        const char *message_part;
    } rows[] = {
        { { .path = "../outside", .mode = S_IFREG }, "member '../outside': its name has '..'" },
        { { .path = "a/../../b", .mode = S_IFDIR }, "member 'a/../../b/': its name has '..'" },
        { { .path = long_name, .mode = S_IFREG }, "a name over 255 bytes" },
        { { .path = "first/below", .mode = S_IFREG }, "'first', is not a directory" },
        { { .path = "h", .mode = S_IFREG, .hard_link = "nothing" }, "which is not there" },
        { { .path = "h", .mode = S_IFREG, .hard_link = "../first" }, "which is not there" },
        { { .path = "h", .mode = S_IFREG, .hard_link = "directory" }, "which is a directory" },
        { { .path = "l", .mode = S_IFLNK, .symlink = long_target }, "too long" },
        { { .path = "loop/x", .mode = S_IFREG }, "leads nowhere" },
        { { .path = "lost+found", .mode = S_IFREG }, "lost+found is not a directory" },
        { { .path = "x",
            .mode = S_IFREG,
            .xattr_name = "user.x",
            .xattr_value = value,
            .xattr_size = sizeof(value) },
          "member 'x': its extended attributes" },
        { { .path = "d", .mode = S_IFCHR, .major = 1 << 20 }, "device number" },
    };

    memset(long_name, 'n', 256);
    memset(long_target, 't', 4100);
    for (size_t n = 0; n < ARRAY_SIZE(rows); n++) {
        struct tar t;
        tar_begin(&t);
        tar_add_file(&t, "first", "x");
        tar_add(&t, &(struct member){ .path = "directory", .mode = S_IFDIR | 0755 });
        tar_add(&t, &(struct member){ .path = "loop", .mode = S_IFLNK, .symlink = "loop2" });
        tar_add(&t, &(struct member){ .path = "loop2", .mode = S_IFLNK, .symlink = "loop" });
        tar_add(&t, &rows[n].member);
        tar_end(&t);
        assert_refused(&t, IMAGE_MIB(16), PYRO_INVALID_ARGUMENT, rows[n].message_part);
    }
}

static void test_tar_to_ext4_image_too_small(void **state UNUSED)
{
    enum { SIZE = 20 << 20 };
    char *content = malloc(SIZE);
    struct tar t;

    memset(content, 'x', SIZE);
    tar_begin(&t);
    tar_add(&t, &(struct member){
                    .path = "big", .mode = S_IFREG | 0644, .content = content, .size = SIZE });
    tar_end(&t);
    assert_refused(&t, IMAGE_MIB(16), PYRO_NO_SPACE, "member 'big': the image of 16 MiB is full");
    free(content);
}

static void test_tar_to_ext4_too_many_inodes(void **state UNUSED)
{
    struct tar t;

    tar_begin(&t);
    for (int i = 0; i < 1100; i++) {
        char path[16];
        snprintf(path, sizeof(path), "f%d", i);
        tar_add_file(&t, path, "");
    }
    tar_end(&t);
    assert_refused(&t, IMAGE_MIB(16), PYRO_NO_SPACE, "no more inodes");
}

/* All inodes but those that the file system itself needs can be used. */
static void test_tar_to_ext4_last_inode(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    struct tar_counts counts;
    int fits = 0;

    for (int files = 990; files <= 1024; files++) {
        struct tar t;
        int fd;
        tar_begin(&t);
        for (int i = 0; i < files; i++) {
            char path[16];
            snprintf(path, sizeof(path), "f%d", i);
            tar_add_file(&t, path, "x");
        }
        tar_end(&t);
        fd = image_try(&t, IMAGE_MIB(16), &counts, &err);
        if (fd < 0)
            break;
        image_assert_clean(fd);
        image_forget(fd);
        close(fd);
        fits = files;
    }
    assert_int_equal(err.code, PYRO_NO_SPACE);
    assert_true(fits >= 999); /* the rest has directories */
}

static void test_tar_to_ext4_cut_short(void **state UNUSED)
{
    static const off_t lengths[] = { 100, 512, 700, 5000, 100000 };
    char *content = malloc(200000);

    memset(content, 'c', 200000);
    for (size_t n = 0; n < ARRAY_SIZE(lengths); n++) {
        struct tar t;
        tar_begin(&t);
        tar_add(&t, &(struct member){
                        .path = "f", .mode = S_IFREG | 0644, .content = content, .size = 200000 });
        tar_end(&t);
        assert_int_equal(ftruncate(t.fd, lengths[n]), 0);
        assert_refused(&t, IMAGE_MIB(16), PYRO_INVALID_ARGUMENT, "");
    }
    free(content);
}

static void test_tar_to_ext4_no_tar(void **state UNUSED)
{
    static const char *const inputs[] = { "", "garbage", "<!DOCTYPE html><html>" };

    for (size_t n = 0; n < ARRAY_SIZE(inputs); n++) {
        struct tar t;
        tar_begin(&t);
        tar_end(&t);
        assert_int_equal(ftruncate(t.fd, 0), 0);
        assert_int_equal(write(t.fd, inputs[n], strlen(inputs[n])), strlen(inputs[n]));
        lseek(t.fd, 0, SEEK_SET);
        assert_refused(&t, IMAGE_MIB(16), PYRO_INVALID_ARGUMENT, "");
    }
}

/* Headers by hand: sizes that lie, names of other headers that never come. */
static void test_tar_to_ext4_lying_headers(void **state UNUSED)
{
    static const struct lying_row {
        const char *name;
        char type;
        const char *size, *message_part;
    } rows[] = {
        { "huge", '0', "77777777777", "member 'huge'" },
        { "endless", '0', "\x80\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", "" },
        { "longname", 'L', "77777777777", "after member 0" },
        { "negative", '0', "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "" },
        { "paxbomb", 'x', "00077777777", "after member 0" },
        { "global", 'g', "77777777777", "" },
    };

    for (size_t n = 0; n < ARRAY_SIZE(rows); n++) {
        struct tar t;
        tar_begin(&t);
        tar_add_raw(&t, rows[n].name, rows[n].type, rows[n].size, "few bytes");
        tar_end(&t);
        assert_refused(&t, IMAGE_MIB(16), PYRO_INVALID_ARGUMENT, rows[n].message_part);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tar_to_ext4_refused_members),
        cmocka_unit_test(test_tar_to_ext4_image_too_small),
        cmocka_unit_test(test_tar_to_ext4_too_many_inodes),
        cmocka_unit_test(test_tar_to_ext4_last_inode),
        cmocka_unit_test(test_tar_to_ext4_cut_short),
        cmocka_unit_test(test_tar_to_ext4_no_tar),
        cmocka_unit_test(test_tar_to_ext4_lying_headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
