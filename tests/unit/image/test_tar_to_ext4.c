/* A tar becomes an image: every kind of member, as libext2fs and e2fsck see it. */
#include "tests/unit/image_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"

static void test_tar_to_ext4_modes_owners_times(void **state UNUSED)
{
    struct ext2_inode_large i;
    struct tar t;
    ext2_filsys fs;
    int fd;

    tar_begin(&t);
    tar_add(&t, &(struct member){ .path = "./", .mode = S_IFDIR | 0711, .mtime = 5 });
    tar_add(&t, &(struct member){ .path = "./bin/", .mode = S_IFDIR | 01777, .gid = 7 });
    tar_add(&t, &(struct member){ .path = "./bin/su",
                                  .mode = S_IFREG | 06755,
                                  .uid = 70000,
                                  .gid = 4000000000,
                                  .mtime = 5000000000,
                                  .content = "x",
                                  .size = 1 });
    tar_add(&t, &(struct member){ .path = "old", .mode = S_IFREG | 0, .mtime = -86400 });
    tar_end(&t);
    fd = image_make(&t, IMAGE_MIB(16));
    fs = image_open(fd);
    i = image_inode(fs, "/");
    assert_int_equal(i.i_mode, S_IFDIR | 0711);
    assert_int_equal(i.i_mtime, 5);
    i = image_inode(fs, "/bin");
    assert_int_equal(i.i_mode, S_IFDIR | 01777);
    assert_int_equal(i.i_gid, 7);
    i = image_inode(fs, "/bin/su");
    assert_int_equal(i.i_mode, S_IFREG | 06755);
    assert_int_equal(inode_uid(i), 70000);
    assert_int_equal(inode_gid(i), 4000000000);
    assert_int_equal((uint32_t)i.i_mtime, 5000000000 - 4294967296);
    assert_int_equal(i.i_mtime_extra, 123456789u << 2 | 1);
    i = image_inode(fs, "/old");
    assert_int_equal((int32_t)i.i_mtime, -86400);
    assert_int_equal(i.i_mtime_extra & 3, 0);
    i = image_inode(fs, "/workspace");
    assert_int_equal(i.i_mode, S_IFDIR | 0755);
    i = image_inode(fs, "/lost+found");
    assert_int_equal(i.i_mode, S_IFDIR | 0700);
    assert_int_equal(fs->super->s_feature_compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL,
                     EXT3_FEATURE_COMPAT_HAS_JOURNAL);
    ext2fs_close_free(&fs);
    close(fd);
}

static void test_tar_to_ext4_links_devices_pipes(void **state UNUSED)
{
    char target[4096];
    static const size_t lengths[] = { 1, 59, 60, 61, 4095 };
    struct ext2_inode_large i;
    struct tar t;
    ext2_filsys fs;
    int fd;

    memset(target, 't', sizeof(target));
    tar_begin(&t);
    for (size_t n = 0; n < ARRAY_SIZE(lengths); n++) {
        char path[32], cut[4096];
        snprintf(path, sizeof(path), "link%zu", lengths[n]);
        snprintf(cut, sizeof(cut), "%.*s", (int)lengths[n], target);
        tar_add(&t, &(struct member){ .path = path, .mode = S_IFLNK | 0777, .symlink = cut });
    }
    tar_add(&t, &(struct member){ .path = "null", .mode = S_IFCHR | 0666, .major = 1, .minor = 3 });
    tar_add(&t, &(struct member){
                    .path = "disk", .mode = S_IFBLK | 0660, .major = 259, .minor = 70000 });
    tar_add(&t, &(struct member){ .path = "pipe", .mode = S_IFIFO | 0600 });
    tar_add_file(&t, "a/one", "shared");
    tar_add(&t,
            &(struct member){ .path = "b/two", .mode = S_IFREG | 0644, .hard_link = "./a/one" });
    tar_add(&t, &(struct member){ .path = "three", .mode = S_IFREG | 0644, .hard_link = "b/two" });
    tar_add(&t, &(struct member){ .path = "null2", .mode = S_IFCHR | 0666, .hard_link = "null" });
    tar_end(&t);
    fd = image_make(&t, IMAGE_MIB(16));
    fs = image_open(fd);
    for (size_t n = 0; n < ARRAY_SIZE(lengths); n++) {
        char path[32];
        snprintf(path, sizeof(path), "/link%zu", lengths[n]);
        i = image_inode(fs, path);
        assert_int_equal(i.i_mode, S_IFLNK | 0777);
        assert_int_equal(i.i_size, lengths[n]);
        if (lengths[n] < 60)
            assert_memory_equal(i.i_block, target, lengths[n]);
        else
            image_assert_content(fs, path, target, lengths[n]);
    }
    i = image_inode(fs, "/null");
    assert_int_equal(i.i_mode, S_IFCHR | 0666);
    assert_int_equal(i.i_block[0], 1 << 8 | 3);
    assert_int_equal(i.i_links_count, 2);
    i = image_inode(fs, "/disk");
    assert_int_equal(i.i_block[0], 0);
    assert_int_equal(i.i_block[1], (70000 & 0xff) | 259 << 8 | (70000 & ~0xff) << 12);
    assert_int_equal(image_inode(fs, "/pipe").i_mode, S_IFIFO | 0600);
    assert_int_equal(image_inode(fs, "/a/one").i_links_count, 3);
    assert_int_equal(image_lookup(fs, "/a/one"), image_lookup(fs, "/b/two"));
    assert_int_equal(image_lookup(fs, "/a/one"), image_lookup(fs, "/three"));
    image_assert_content(fs, "/three", "shared", 6);
    ext2fs_close_free(&fs);
    close(fd);
}

static void test_tar_to_ext4_sizes(void **state UNUSED)
{
    static const size_t sizes[] = { 0,    1,     511,   512,           4095,          4096,
                                    4097, 65535, 65536, (1 << 20) - 1, (1 << 20) + 3, 5 << 20 };
    char *content = malloc(sizes[ARRAY_SIZE(sizes) - 1]);
    struct tar t;
    ext2_filsys fs;
    int fd;

    for (size_t b = 0; b < sizes[ARRAY_SIZE(sizes) - 1]; b++)
        content[b] = (char)(b * 2654435761u >> 13 | 1);
    tar_begin(&t);
    for (size_t n = 0; n < ARRAY_SIZE(sizes); n++) {
        char path[32];
        snprintf(path, sizeof(path), "f%zu", sizes[n]);
        tar_add(&t,
                &(struct member){
                    .path = path, .mode = S_IFREG | 0644, .content = content, .size = sizes[n] });
    }
    tar_end(&t);
    fd = image_make(&t, IMAGE_MIB(32));
    fs = image_open(fd);
    for (size_t n = 0; n < ARRAY_SIZE(sizes); n++) {
        char path[32];
        snprintf(path, sizeof(path), "/f%zu", sizes[n]);
        image_assert_content(fs, path, content, sizes[n]);
        assert_int_equal(image_inode(fs, path).i_blocks, (sizes[n] + 4095) / 4096 * 8);
    }
    ext2fs_close_free(&fs);
    close(fd);
    free(content);
}

/* One extent holds 128 MiB, an inode four extents: content that needs more of either. */
static void test_tar_to_ext4_many_extents(void **state UNUSED)
{
    enum { BIG = 130 << 20, PIECES = 2000 };
    char *big = malloc(BIG), *pieces = calloc(PIECES, 8192);
    struct tar t;
    ext2_filsys fs;
    int fd;

    memset(big, 'b', BIG);
    for (size_t p = 0; p < PIECES; p++)
        memset(pieces + p * 8192, 'p', 4096);
    tar_begin(&t);
    tar_add(&t,
            &(struct member){ .path = "big", .mode = S_IFREG | 0644, .content = big, .size = BIG });
    tar_add(&t, &(struct member){ .path = "pieces",
                                  .mode = S_IFREG | 0644,
                                  .content = pieces,
                                  .size = PIECES * 8192 });
    tar_add(&t, &(struct member){
                    .path = "five", .mode = S_IFREG | 0644, .content = pieces, .size = 5 * 8192 });
    tar_end(&t);
    fd = image_make(&t, IMAGE_MIB(256));
    fs = image_open(fd);
    image_assert_content(fs, "/big", big, BIG);
    image_assert_content(fs, "/pieces", pieces, PIECES * 8192);
    image_assert_content(fs, "/five", pieces, 5 * 8192);
    /* The zeros between the pieces are holes; 2000 extents need six leaves and an index. */
    assert_int_equal(image_inode(fs, "/pieces").i_blocks, (PIECES + 6 + 1) * 8);
    ext2fs_close_free(&fs);
    close(fd);
    free(big);
    free(pieces);
}

static void test_tar_to_ext4_sparse_member(void **state UNUSED)
{
    enum { HOLE = 300 << 20 };
    struct archive_entry *e = archive_entry_new();
    char data[8192], *all = calloc(1, HOLE + sizeof(data));
    struct tar t;
    ext2_filsys fs;
    int fd;

    memset(data, 's', sizeof(data));
    memcpy(all + HOLE, data, sizeof(data));
    tar_begin(&t);
    archive_entry_set_pathname(e, "sparse");
    archive_entry_set_mode(e, S_IFREG | 0644);
    archive_entry_set_size(e, HOLE + sizeof(data));
    archive_entry_sparse_add_entry(e, HOLE, sizeof(data));
    tar_add_entry(&t, e, all, HOLE + sizeof(data));
    tar_end(&t);
    assert_true(lseek(t.fd, 0, SEEK_END) < 65536); /* the tar itself is sparse */
    lseek(t.fd, 0, SEEK_SET);
    fd = image_make(&t, IMAGE_MIB(16));
    fs = image_open(fd);
    image_assert_content(fs, "/sparse", all, HOLE + sizeof(data));
    assert_int_equal(image_inode(fs, "/sparse").i_blocks, 16);
    ext2fs_close_free(&fs);
    close(fd);
    free(all);
}

static void test_tar_to_ext4_names(void **state UNUSED)
{
    char name[256], deep[3000] = "", path[3200];
    struct tar t;
    ext2_filsys fs;
    int fd;

    memset(name, 'n', 255);
    name[255] = '\0';
    for (int i = 0; i < 1000; i++)
        memcpy(deep + 2 * i, "d/", 3);
    snprintf(path, sizeof(path), "%sfile", deep);
    tar_begin(&t);
    tar_add_file(&t, name, "long");
    tar_add_file(&t, path, "deep");
    tar_add_file(&t, "latin\xe9", "not UTF-8");
    tar_add_file(&t, "caf\xc3\xa9", "composed");
    tar_add_file(&t, "cafe\xcc\x81", "decomposed");
    tar_add_file(&t, "new\nline \\ and \"quotes\"", "odd");
    tar_add_file(&t, "/absolute//path/./file", "absolute");
    tar_end(&t);
    fd = image_make(&t, IMAGE_MIB(32));
    fs = image_open(fd);
    image_assert_content(fs, name, "long", 4);
    image_assert_content(fs, path, "deep", 4);
    image_assert_content(fs, "latin\xe9", "not UTF-8", 9);
    image_assert_content(fs, "caf\xc3\xa9", "composed", 8);
    image_assert_content(fs, "cafe\xcc\x81", "decomposed", 10);
    image_assert_content(fs, "new\nline \\ and \"quotes\"", "odd", 3);
    image_assert_content(fs, "absolute/path/file", "absolute", 8);
    ext2fs_close_free(&fs);
    close(fd);
}

static void test_tar_to_ext4_large_directory(void **state UNUSED)
{
    enum { COUNT = 12000 };
    int64_t started;
    struct tar t;
    ext2_filsys fs;
    int fd;

    tar_begin(&t);
    for (int i = 0; i < COUNT; i++) {
        char path[64];
        snprintf(path, sizeof(path), "many/a-name-of-some-length-%d", i);
        tar_add(&t, &(struct member){ .path = path, .mode = S_IFDIR | 0755 });
    }
    tar_end(&t);
    started = clock_ms();
    fd = image_make(&t, IMAGE_MIB(256));
    assert_true(clock_ms() - started < 10000); /* quadratic work would take minutes */
    fs = image_open(fd);
    assert_int_equal(image_inode(fs, "/many").i_links_count, COUNT + 2);
    for (int i = 0; i < COUNT; i += 500) {
        char path[64];
        snprintf(path, sizeof(path), "/many/a-name-of-some-length-%d", i);
        assert_true(image_lookup(fs, path) != 0);
    }
    ext2fs_close_free(&fs);
    close(fd);
}

static void test_tar_to_ext4_any_order(void **state UNUSED)
{
    struct tar t;
    ext2_filsys fs;
    int fd;

    tar_begin(&t);
    tar_add_file(&t, "late/parent/file", "before its directory");
    tar_add_file(&t, "never/parent/file", "without one");
    tar_add(&t, &(struct member){ .path = "late", .mode = S_IFDIR | 0700, .uid = 3 });
    tar_add_file(&t, "twice", "first");
    tar_add_file(&t, "twice", "second");
    tar_add_file(&t, "was-file", "x");
    tar_add_file(&t, "was-file", "y");
    tar_add(&t, &(struct member){ .path = "was-file2", .mode = S_IFREG | 0644 });
    tar_add(&t, &(struct member){ .path = "was-file2", .mode = S_IFDIR | 0750 });
    tar_add_file(&t, "was-dir/below/file", "gone");
    tar_add_file(&t, "was-dir", "a file now");
    tar_add_file(&t, "linked", "kept by its other name");
    tar_add(&t, &(struct member){ .path = "other", .mode = S_IFREG | 0644, .hard_link = "linked" });
    tar_add_file(&t, "linked", "new");
    tar_add(&t, &(struct member){ .path = "other", .mode = S_IFREG | 0644, .hard_link = "other" });
    tar_add_file(&t, "nest/only", "held");
    tar_add(&t,
            &(struct member){ .path = "nest", .mode = S_IFREG | 0644, .hard_link = "nest/only" });
    tar_end(&t);
    fd = image_make(&t, IMAGE_MIB(16));
    fs = image_open(fd);
    image_assert_content(fs, "/late/parent/file", "before its directory", 20);
    assert_int_equal(image_inode(fs, "/late").i_mode, S_IFDIR | 0700);
    assert_int_equal(image_inode(fs, "/late").i_uid, 3);
    assert_int_equal(image_inode(fs, "/never/parent").i_mode, S_IFDIR | 0755);
    image_assert_content(fs, "/twice", "second", 6);
    assert_int_equal(image_inode(fs, "/was-file2").i_mode, S_IFDIR | 0750);
    image_assert_content(fs, "/was-dir", "a file now", 10);
    image_assert_content(fs, "/linked", "new", 3);
    image_assert_content(fs, "/other", "kept by its other name", 22);
    assert_int_equal(image_inode(fs, "/other").i_links_count, 1);
    image_assert_content(fs, "/nest", "held", 4);
    ext2fs_close_free(&fs);
    close(fd);
}

/* Links inside the archive are followed inside the image, and lead nowhere else. */
static void test_tar_to_ext4_linked_parents(void **state UNUSED)
{
    struct tar t;
    ext2_filsys fs;
    int fd;

    tar_begin(&t);
    tar_add(&t, &(struct member){ .path = "usr/bin", .mode = S_IFDIR | 0755 });
    tar_add(&t, &(struct member){ .path = "bin", .mode = S_IFLNK | 0777, .symlink = "usr/bin" });
    tar_add_file(&t, "bin/sh", "a shell");
    tar_add(&t, &(struct member){
                    .path = "out", .mode = S_IFLNK | 0777, .symlink = "../../../../etc" });
    tar_add_file(&t, "out/passwd", "of the image");
    tar_add(&t, &(struct member){ .path = "abs", .mode = S_IFLNK | 0777, .symlink = "/tmp/x" });
    tar_add_file(&t, "abs/file", "also");
    tar_end(&t);
    fd = image_make(&t, IMAGE_MIB(16));
    fs = image_open(fd);
    image_assert_content(fs, "/usr/bin/sh", "a shell", 7);
    image_assert_content(fs, "/etc/passwd", "of the image", 12);
    image_assert_content(fs, "/tmp/x/file", "also", 4);
    ext2fs_close_free(&fs);
    close(fd);
}

static void test_tar_to_ext4_attributes(void **state UNUSED)
{
    static const char capability[20] = { 1, 0, 0, 2, 0, 0x20 };
    struct archive_entry *e = archive_entry_new();
    char large[3000];
    struct tar t;
    ext2_filsys fs;
    void *value;
    size_t size;
    int fd;

    memset(large, 'v', sizeof(large));
    tar_begin(&t);
    tar_add(&t, &(struct member){ .path = "ping",
                                  .mode = S_IFREG | 0755,
                                  .xattr_name = "security.capability",
                                  .xattr_value = capability,
                                  .xattr_size = sizeof(capability) });
    tar_add(&t, &(struct member){ .path = "large",
                                  .mode = S_IFDIR | 0755,
                                  .xattr_name = "user.large",
                                  .xattr_value = large,
                                  .xattr_size = sizeof(large) });
    tar_add(&t, &(struct member){ .path = "foreign",
                                  .mode = S_IFREG | 0644,
                                  .xattr_name = "com.example.thing",
                                  .xattr_value = "x",
                                  .xattr_size = 1 });
    archive_entry_set_pathname(e, "acl");
    archive_entry_set_mode(e, S_IFREG | 0640);
    archive_entry_set_size(e, 0);
    archive_entry_acl_add_entry(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, 6, ARCHIVE_ENTRY_ACL_USER_OBJ, -1,
                                "");
    archive_entry_acl_add_entry(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, 4, ARCHIVE_ENTRY_ACL_USER, 1000,
                                "someone");
    archive_entry_acl_add_entry(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, 4, ARCHIVE_ENTRY_ACL_GROUP_OBJ,
                                -1, "");
    archive_entry_acl_add_entry(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, 4, ARCHIVE_ENTRY_ACL_MASK, -1,
                                "");
    archive_entry_acl_add_entry(e, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, 0, ARCHIVE_ENTRY_ACL_OTHER, -1,
                                "");
    tar_add_entry(&t, e, NULL, 0);
    tar_end(&t);
    fd = image_make(&t, IMAGE_MIB(16));
    fs = image_open(fd);
    value = image_xattr(fs, "/ping", "security.capability", &size);
    assert_non_null(value);
    assert_int_equal(size, sizeof(capability));
    assert_memory_equal(value, capability, size);
    free(value);
    value = image_xattr(fs, "/large", "user.large", &size);
    assert_non_null(value);
    assert_int_equal(size, sizeof(large));
    assert_memory_equal(value, large, size);
    free(value);
    value = image_xattr(fs, "/acl", "system.posix_acl_access", &size);
    assert_non_null(value);
    assert_int_equal(size, 4 + 5 * 8);
    /* The second entry: user 1000 may read. */
    assert_memory_equal((char *)value + 12, "\x02\x00\x04\x00\xe8\x03\x00\x00", 8);
    free(value);
    assert_null(image_xattr(fs, "/foreign", "com.example.thing", &size));
    ext2fs_close_free(&fs);
    close(fd);
}

static void test_tar_to_ext4_compressed(void **state UNUSED)
{
    static const int filters[] = { ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_BZIP2,
                                   ARCHIVE_FILTER_ZSTD };

    for (size_t n = 0; n < ARRAY_SIZE(filters); n++) {
        struct tar t;
        ext2_filsys fs;
        int fd;
        tar_begin_filtered(&t, filters[n]);
        tar_add_file(&t, "file", "unpacked");
        tar_end(&t);
        fd = image_make(&t, IMAGE_MIB(16));
        fs = image_open(fd);
        image_assert_content(fs, "/file", "unpacked", 8);
        ext2fs_close_free(&fs);
        close(fd);
    }
}

/* Blocks of what is replaced are used again: ten times 4 MiB go into 16. */
static void test_tar_to_ext4_replaced_blocks_return(void **state UNUSED)
{
    enum { SIZE = 4 << 20 };
    char *content = malloc(SIZE);
    struct tar t;
    ext2_filsys fs;
    int fd;

    tar_begin(&t);
    for (int i = 0; i < 10; i++) {
        memset(content, 'a' + i, SIZE);
        tar_add(&t, &(struct member){
                        .path = "file", .mode = S_IFREG | 0644, .content = content, .size = SIZE });
    }
    tar_end(&t);
    fd = image_make(&t, IMAGE_MIB(16));
    fs = image_open(fd);
    image_assert_content(fs, "/file", content, SIZE);
    ext2fs_close_free(&fs);
    close(fd);
    free(content);
}

static void test_tar_to_ext4_same_input_same_image(void **state UNUSED)
{
    char *bytes[2];
    int fds[2];

    for (int n = 0; n < 2; n++) {
        struct tar t;
        tar_begin(&t);
        tar_add_file(&t, "a/b/c", "content");
        tar_add(&t, &(struct member){ .path = "l", .mode = S_IFLNK | 0777, .symlink = "a" });
        tar_end(&t);
        fds[n] = image_make(&t, IMAGE_MIB(16));
        bytes[n] = mmap(NULL, IMAGE_MIB(16), PROT_READ, MAP_PRIVATE, fds[n], 0);
        assert_true(bytes[n] != MAP_FAILED);
    }
    assert_true(memcmp(bytes[0], bytes[1], IMAGE_MIB(16)) == 0);
    for (int n = 0; n < 2; n++) {
        munmap(bytes[n], IMAGE_MIB(16));
        close(fds[n]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tar_to_ext4_modes_owners_times),
        cmocka_unit_test(test_tar_to_ext4_links_devices_pipes),
        cmocka_unit_test(test_tar_to_ext4_sizes),
        cmocka_unit_test(test_tar_to_ext4_many_extents),
        cmocka_unit_test(test_tar_to_ext4_sparse_member),
        cmocka_unit_test(test_tar_to_ext4_names),
        cmocka_unit_test(test_tar_to_ext4_large_directory),
        cmocka_unit_test(test_tar_to_ext4_any_order),
        cmocka_unit_test(test_tar_to_ext4_linked_parents),
        cmocka_unit_test(test_tar_to_ext4_attributes),
        cmocka_unit_test(test_tar_to_ext4_compressed),
        cmocka_unit_test(test_tar_to_ext4_replaced_blocks_return),
        cmocka_unit_test(test_tar_to_ext4_same_input_same_image),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
