/*
 * tests/unit/image/test_base_image.c: an image made from one of its lower layers, against the same
 * made of all of its layers, entry by entry.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/image/tar/root.h"
#include "tests/unit/stack_fixture.h"
#include "vmm/base/buf.h"
#include "vmm/base/fs.h"

#define NOW 1700000000
#define LAYERS_MAX 5
#define LINES_MAX 4096
#define IMAGE_BYTES IMAGE_MIB(32)
#define RANDOM_IMAGES 12
#define DAMAGES 40

/* --- making images --- */

static struct oci_config config_of(json_t *volumes)
{
    static char none[] = "";

    return (struct oci_config){ .volumes = volumes, .working_dir = none };
}

/* Of layers from `first` on, over `base` if that is not 0. It has a name, for e2fsck; -1 with *err. */
static int unpack(const struct stack *s, size_t first, size_t count, const struct base_image *base,
                  json_t *volumes, json_t **ret_supplied, struct pyro_error *err)
{
    const char *directory = getenv("TMPDIR");
    scoped_free char *path = str_printf("%s/pyro-image-XXXXXX", directory ? directory : "/tmp");
    struct ext4_spec spec = {
        .fd = mkostemp(path, O_CLOEXEC), .size_bytes = IMAGE_BYTES, .uuid = { 1, 2, 3 }, .now = NOW
    };
    struct oci_config config = config_of(volumes);
    scoped_tar_image *image = tar_image_new(&spec, err);
    struct tar_counts counts;
    bool made;

    assert_true(spec.fd >= 0);
    made = image && (!base || tar_image_take_base(image, base, err)) &&
           layers_add(image, s->layers, first, count, err) &&
           root_complete(tar_image_tree(image), &config, NOW, err);
    if (made && ret_supplied)
        *ret_supplied = root_supplied(tar_image_tree(image), &config);
    if (made && tar_image_finish(image, &counts, err))
        return spec.fd;
    image_forget(spec.fd);
    close(spec.fd);
    return -1;
}

static void stack_release(struct stack *s)
{
    for (size_t i = 0; i < s->count; i++)
        close(s->layers[i].blob.fd);
}

/* --- saying all that is in one --- */

struct lines {
    char *items[LINES_MAX];
    size_t count;
};

struct describing {
    ext2_filsys fs;
    struct lines lines;
    char *first_path[8192]; /* of an inode, by its number: hard links are to that */
    const char *directory;
    struct lines *below;
};

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add(struct lines *l, char *line)
{
    assert_true(line && l->count < LINES_MAX);
    l->items[l->count++] = line;
}

static int on_xattr(char *name, char *value, size_t size, void *arg)
{
    struct buf *out = arg;

    assert_true(buf_printf(out, " %s=", name));
    for (size_t i = 0; i < size; i++)
        assert_true(buf_printf(out, "%02x", (uint8_t)value[i]));
    return 0;
}

static void describe_xattrs(ext2_filsys fs, ext2_ino_t number, struct buf *out)
{
    struct ext2_xattr_handle *h;

    assert_int_equal(ext2fs_xattrs_open(fs, number, &h), 0);
    assert_int_equal(ext2fs_xattrs_read(h), 0);
    assert_int_equal(ext2fs_xattrs_iterate(h, on_xattr, out), 0);
    ext2fs_xattrs_close(&h);
}

/* Which blocks it has, and a sum of what is in them. */
static void describe_content(ext2_filsys fs, ext2_ino_t number, uint64_t size, struct buf *out)
{
    ext2_file_t file;
    uint64_t sum = 0;
    unsigned got = 1;

    for (uint64_t b = 0; b * BLOCK_BYTES < size; b++) {
        blk64_t physical = 0;
        assert_int_equal(ext2fs_bmap2(fs, number, NULL, NULL, 0, b, NULL, &physical), 0);
        assert_true(buf_printf(out, "%s", physical ? "#" : "."));
    }
    assert_int_equal(ext2fs_file_open(fs, number, 0, &file), 0);
    while (got) {
        uint8_t bytes[BLOCK_BYTES];
        assert_int_equal(ext2fs_file_read(file, bytes, sizeof(bytes), &got), 0);
        for (unsigned i = 0; i < got; i++)
            sum = (sum ^ bytes[i]) * 0x100000001b3u;
    }
    ext2fs_file_close(file);
    assert_true(buf_printf(out, " %llx", (unsigned long long)sum));
}

static void describe_inode(struct describing *d, ext2_ino_t number, const char *path)
{
    scoped_buf out = BUF_INIT(1 << 20);
    struct ext2_inode_large i;
    uint64_t size;

    assert_int_equal(
        ext2fs_read_inode_full(d->fs, number, (struct ext2_inode *)(void *)&i, sizeof(i)), 0);
    size = S_ISDIR(i.i_mode) ? 0 : EXT2_I_SIZE(&i);
    assert_true(buf_printf(&out, "%s %o %u:%u links %u time %u.%u size %llu ", path, i.i_mode,
                           inode_uid(i), inode_gid(i), i.i_links_count, i.i_mtime, i.i_mtime_extra,
                           (unsigned long long)size));
    if (S_ISREG(i.i_mode))
        describe_content(d->fs, number, size, &out);
    else if (S_ISLNK(i.i_mode) && size < sizeof(i.i_block))
        assert_true(buf_printf(&out, "-> %.*s", (int)size, (char *)i.i_block));
    else if (S_ISCHR(i.i_mode) || S_ISBLK(i.i_mode))
        assert_true(buf_printf(&out, "device %x %x", i.i_block[0], i.i_block[1]));
    describe_xattrs(d->fs, number, &out);
    assert_true(number < ARRAY_SIZE(d->first_path));
    if (!S_ISDIR(i.i_mode) && d->first_path[number])
        assert_true(buf_printf(&out, " = %s", d->first_path[number]));
    else
        d->first_path[number] = str_printf("%s", path);
    add(&d->lines, buf_take(&out));
}

static int on_entry(ext2_ino_t directory UNUSED, int entry UNUSED, struct ext2_dir_entry *e,
                    int offset UNUSED, int block_size UNUSED, char *block UNUSED, void *arg)
{
    struct describing *d = arg;
    int n = ext2fs_dirent_name_len(e);

    if ((n == 1 && e->name[0] == '.') || (n == 2 && !memcmp(e->name, "..", 2)))
        return 0;
    add(d->below, str_printf("%s/%.*s", d->directory, n, e->name));
    return 0;
}

/* A directory's entries by their names, so that the first path of an inode is the same in both. */
static void describe_below(struct describing *d, const char *directory)
{
    struct lines below = { 0 };

    d->directory = directory;
    d->below = &below;
    assert_int_equal(ext2fs_dir_iterate2(d->fs, *directory ? image_lookup(d->fs, directory) : 2, 0,
                                         NULL, on_entry, d),
                     0);
    qsort(below.items, below.count, sizeof(char *), compare_lines);
    for (size_t i = 0; i < below.count; i++) {
        ext2_ino_t number = image_lookup(d->fs, below.items[i]);
        describe_inode(d, number, below.items[i]);
        if (ext2fs_check_directory(d->fs, number) == 0)
            describe_below(d, below.items[i]);
        free(below.items[i]);
    }
}

/* The caller frees. */
static char *describe(int fd)
{
    struct describing *d = calloc(1, sizeof(*d));
    scoped_buf all = BUF_INIT(8 << 20);

    d->fs = image_open(fd);
    describe_inode(d, 2, "");
    describe_below(d, "");
    for (size_t i = 0; i < d->lines.count; i++) {
        assert_true(buf_printf(&all, "%s\n", d->lines.items[i]));
        free(d->lines.items[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(d->first_path); i++)
        free(d->first_path[i]);
    ext2fs_close_free(&d->fs);
    free(d);
    return buf_take(&all);
}

/* --- both ways --- */

static int unpack_above(const struct stack *s, size_t below, int base_fd, json_t *supplied,
                        json_t *volumes, struct pyro_error *err)
{
    const char *paths[128];
    const struct base_image base = { .fd = base_fd,
                                     .supplied = paths,
                                     .supplied_count = json_array_size(supplied) };

    for (size_t i = 0; i < base.supplied_count; i++)
        paths[i] = json_string_value(json_array_get(supplied, i));
    return unpack(s, below, s->count, &base, volumes, NULL, err);
}

static void assert_same(const struct stack *s, size_t below, json_t *volumes_below, json_t *volumes,
                        const char *what)
{
    struct pyro_error err = { 0 };
    scoped_json json_t *supplied = NULL;
    int base = unpack(s, 0, below, NULL, volumes_below, &supplied, &err);
    int whole = unpack(s, 0, s->count, NULL, volumes, NULL, &err);
    scoped_free char *expected = NULL, *got = NULL, *before = NULL, *after = NULL;
    int fd;

    if (base < 0 || whole < 0)
        fail_msg("%s: %s", what, err.message);
    assert_non_null(supplied);
    before = describe(base);
    fd = unpack_above(s, below, base, supplied, volumes, &err);
    if (fd < 0)
        fail_msg("%s, on %zu layers: %s", what, below, err.message);
    image_assert_clean(fd);
    expected = describe(whole);
    got = describe(fd);
    after = describe(base);
    if (strcmp(expected, got) != 0)
        fail_msg("%s, on %zu layers: of all layers\n%s\non the base\n%s", what, below, expected,
                 got);
    assert_string_equal(before, after);
    image_forget(base);
    image_forget(whole);
    image_forget(fd);
    close(base);
    close(whole);
    close(fd);
}

static void test_base_image_rows(void **state UNUSED)
{
    static const char *const rows[][LAYERS_MAX][8] = {
        { { "a", "d/", "d/x" }, { "b" } },
        /* What is below is written over, hidden, and replaced by something of another type. */
        { { "a", "d/x", "d/y" }, { "a", "d/.wh.x" } },
        { { "d/x", "d/e/z" }, { ".wh.d", "d/y" } },
        { { "d/x", "d/e/z" }, { "d/y", "d/.wh..wh..opq" } },
        { { "d/x" }, { "d" } },
        { { "d" }, { "d/", "d/x" } },
        { { "l->d", "d/x" }, { "l/y" } },
        { { "d/x", "l->../../d" }, { "l/.wh.x", "l/z" } },
        { { "x" }, { ".wh..wh..opq" } },
        /* Hard links into what is below, whose first name goes. */
        { { "a", "b=a" }, { "c=b", ".wh.a" } },
        { { "a" }, { "d/b=a", "a" }, { ".wh.d" } },
        /* Directories that every image gets, of an archive or not. */
        { { "a" }, { "workspace/x", "tmp/t" } },
        { { "tmp/t", "lost+found/", "etc->conf", "conf/" }, { ".wh.tmp" } },
        { { "etc/hosts" }, { ".wh.etc", ".wh.workspace", ".wh.lost+found" } },
        /* Nothing above. */
        { { "a", "tmp/t" } },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct stack s = { 0 };
        char what[32];
        snprintf(what, sizeof(what), "row %zu", i);
        while (s.count < LAYERS_MAX && rows[i][s.count][0])
            stack_push_members(&s, rows[i][s.count]);
        for (size_t below = 1; below <= s.count; below++)
            assert_same(&s, below, NULL, NULL, what);
        stack_release(&s);
    }
}

/* What the lower image's configuration named is not part of the upper one, unless its own does. */
static void test_base_image_supplied(void **state UNUSED)
{
    scoped_json json_t *below = json_pack("[s,s,s]", "/v/a/b", "/v/c", "/both/x");
    scoped_json json_t *above = json_pack("[s,s]", "/both/x/y", "/own");
    struct stack s = { 0 };

    stack_push_members(&s, (const char *const[]){ "a", NULL });
    stack_push_members(&s, (const char *const[]){ "v/c/x", "own", NULL });
    assert_same(&s, 1, below, above, "volumes");
    assert_same(&s, 1, below, NULL, "volumes");
    assert_same(&s, 2, below, above, "volumes");
    stack_release(&s);
}

static void push_special(struct stack *s, bool other)
{
    static char zeros[3 * BLOCK_BYTES];
    struct archive_entry *e = archive_entry_new();
    scoped_free char *target = malloc(301), *big = malloc(300000);
    struct tar t;

    memset(target, 't', 300);
    target[300] = '\0';
    memset(big, other ? 'o' : 'b', 300000);
    tar_begin(&t);
    tar_add(&t,
            &(struct member){ .path = "dev/c", .mode = S_IFCHR | 0600, .major = 5, .minor = 1 });
    tar_add(&t, &(struct member){
                    .path = "dev/b", .mode = S_IFBLK | 0660, .major = 259, .minor = 70000 });
    tar_add(&t, &(struct member){ .path = "fifo", .mode = S_IFIFO | 0644, .uid = 70000 });
    tar_add(&t, &(struct member){ .path = "long", .mode = S_IFLNK | 0777, .symlink = target });
    tar_add(&t, &(struct member){ .path = "ping",
                                  .mode = S_IFREG | 04755,
                                  .mtime = other ? -5 : 1LL << 33,
                                  .content = big,
                                  .size = 300000,
                                  .xattr_name = "security.capability",
                                  .xattr_value = "\1\0\0\2\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                                  .xattr_size = 20 });
    tar_add(&t, &(struct member){
                    .path = other ? "ping" : "pong", .mode = S_IFREG | 0644, .hard_link = "ping" });
    tar_add(&t, &(struct member){ .path = "zeros",
                                  .mode = S_IFREG | 0444,
                                  .gid = 4,
                                  .content = zeros,
                                  .size = sizeof(zeros),
                                  .xattr_name = "user.x",
                                  .xattr_value = "",
                                  .xattr_size = 0 });
    archive_entry_set_pathname(e, "sparse");
    archive_entry_set_mode(e, S_IFREG | 0600);
    archive_entry_set_size(e, 5 * BLOCK_BYTES + 10);
    archive_entry_sparse_add_entry(e, BLOCK_BYTES, BLOCK_BYTES);
    archive_entry_sparse_add_entry(e, 4 * BLOCK_BYTES, 10);
    tar_add_entry(&t, e, big, 5 * BLOCK_BYTES + 10);
    tar_add(&t, &(struct member){ .path = "empty", .mode = S_IFREG | 0600 });
    tar_end(&t);
    stack_push(s, &t);
}

static void test_base_image_special(void **state UNUSED)
{
    struct stack s = { 0 };

    push_special(&s, false);
    stack_push_members(&s, (const char *const[]){ ".wh.long", "x", NULL });
    push_special(&s, true);
    for (size_t below = 1; below <= s.count; below++)
        assert_same(&s, below, NULL, NULL, "special");
    stack_release(&s);
}

/* --- images nobody thought of --- */

static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 16) % below;
}

static char *draw_path(uint32_t *seed, bool whiteout)
{
    static const char *const names[] = { "a", "b", "d", "e", "tmp", "lost+found", "workspace" };
    unsigned depth = 1 + draw(seed, 3);
    char path[128] = "";

    for (unsigned i = 0; i < depth; i++) {
        size_t n = strlen(path);
        snprintf(path + n, sizeof(path) - n, "%s%s%s", i ? "/" : "",
                 whiteout && i + 1 == depth ? ".wh." : "",
                 i ? names[draw(seed, 4)] : names[draw(seed, ARRAY_SIZE(names))]);
    }
    return str_printf("%s", path);
}

static void draw_member(struct tar *t, uint32_t *seed)
{
    static char bytes[40000];
    scoped_free char *path = draw_path(seed, draw(seed, 5) == 0);
    struct member m = { .path = path,
                        .uid = draw(seed, 3) * 40000,
                        .gid = draw(seed, 3),
                        .mtime = draw(seed, 1000),
                        .content = bytes,
                        .mode = S_IFREG | draw(seed, 512) };

    memset(bytes, 'a' + (int)draw(seed, 26), sizeof(bytes));
    switch (draw(seed, 6)) {
    case 0:
        m.mode = S_IFDIR | 0755;
        break;
    case 1:
        m.mode = S_IFLNK | 0777;
        m.symlink = "d/e";
        break;
    default:
        m.size = draw(seed, 3) ? draw(seed, 300) : draw(seed, sizeof(bytes));
        if (draw(seed, 3) == 0) {
            m.xattr_name = "user.u";
            m.xattr_value = bytes;
            m.xattr_size = draw(seed, 200);
        }
    }
    if (!S_ISREG(m.mode))
        m.content = NULL;
    tar_add(t, &m);
}

static void push_drawn(struct stack *s, uint32_t *seed)
{
    struct tar t;

    tar_begin(&t);
    for (unsigned n = 5 + draw(seed, 30); n; n--)
        draw_member(&t, seed);
    tar_end(&t);
    stack_push(s, &t);
}

static bool can_be_made(const struct stack *s, size_t count)
{
    int fd = unpack(s, 0, count, NULL, NULL, NULL, NULL);

    if (fd < 0)
        return false;
    image_forget(fd);
    close(fd);
    return true;
}

/* Those that cannot start a machine are left out. */
static void test_base_image_drawn(void **state UNUSED)
{
    unsigned made = 0;

    for (uint32_t n = 0; made < RANDOM_IMAGES; n++) {
        struct stack s = { 0 };
        uint32_t seed = n * 7919 + 1;
        char what[32];
        for (unsigned i = 2 + draw(&seed, 3); i; i--)
            push_drawn(&s, &seed);
        snprintf(what, sizeof(what), "image %u", n);
        for (size_t below = 1; below < s.count && can_be_made(&s, s.count); below++) {
            if (!can_be_made(&s, below))
                continue;
            assert_same(&s, below, NULL, NULL, what);
            made++;
        }
        stack_release(&s);
    }
}

/* --- images that are none --- */

static void test_base_image_refuses(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    scoped_json json_t *supplied = NULL;
    struct stack s = { 0 };
    int fd;

    stack_push_members(&s, (const char *const[]){ "a", "b", NULL });
    fd = unpack(&s, 0, 1, NULL, NULL, &supplied, &err);
    assert_int_equal(ftruncate(fd, IMAGE_BYTES - BLOCK_BYTES), 0);
    assert_int_equal(unpack_above(&s, 1, fd, supplied, NULL, &err), -1);
    assert_non_null(strstr(err.message, "another size"));
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(ftruncate(fd, IMAGE_BYTES), 0);
    assert_int_equal(unpack_above(&s, 1, fd, supplied, NULL, &err), -1);
    assert_non_null(strstr(err.message, "no ext4 file system"));
    image_forget(fd);
    close(fd);
    stack_release(&s);
}

/* Whatever is changed in one, it ends, and nothing outside is touched. */
static void test_base_image_damaged(void **state UNUSED)
{
    scoped_json json_t *supplied = NULL;
    struct stack s = { 0 };
    uint32_t seed = 1;
    int fd;

    push_special(&s, false);
    stack_push_members(&s, (const char *const[]){ "a", "b=ping", NULL });
    fd = unpack(&s, 0, 1, NULL, NULL, &supplied, NULL);
    for (unsigned n = 0; n < DAMAGES; n++) {
        uint8_t byte, other;
        off_t at = (off_t)draw(&seed, 1024) * BLOCK_BYTES + draw(&seed, BLOCK_BYTES);
        int made;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        other = byte ^ (uint8_t)(1 + draw(&seed, 255));
        assert_int_equal(pwrite(fd, &other, 1, at), 1);
        made = unpack_above(&s, 1, fd, supplied, NULL, NULL);
        if (made >= 0) {
            image_forget(made);
            close(made);
        }
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    image_forget(fd);
    close(fd);
    stack_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base_image_rows),    cmocka_unit_test(test_base_image_supplied),
        cmocka_unit_test(test_base_image_special), cmocka_unit_test(test_base_image_drawn),
        cmocka_unit_test(test_base_image_refuses), cmocka_unit_test(test_base_image_damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
