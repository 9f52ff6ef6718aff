/* tests/unit/image/test_layers.c: layers one over the other, and those that are not taken. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/hash/hash.h"
#include "engine/image/jail.h"
#include "engine/image/tar/inflating.h"
#include "engine/image/tar/layer.h"
#include "engine/image/tar/root.h"
#include "engine/oci/arrival.h"
#include "engine/oci/manifest.h"
#include "tests/unit/stack_fixture.h"
#include "vmm/base/fs.h"

#define LAYERS_MAX 4
#define NOW 1700000000

static int unpack(struct stack *s, struct pyro_error *err)
{
    struct ext4_spec spec = { .fd = memfd_create("image", MFD_CLOEXEC),
                              .size_bytes = IMAGE_MIB(32),
                              .uuid = { 1, 2, 3 },
                              .now = NOW };
    scoped_tar_image *image = tar_image_new(&spec, err);
    struct tar_counts counts;
    bool ok = image && layers_add(image, s->layers, 0, s->count, err) &&
              root_complete(tar_image_tree(image), NULL, NOW, err) &&
              tar_image_finish(image, &counts, err);

    for (size_t i = 0; i < s->count; i++)
        close(s->layers[i].blob.fd);
    if (ok)
        return spec.fd;
    close(spec.fd);
    return -1;
}

/* What is in the image afterwards: "path" is there, "path:2" with the content of layer 2, "!path" is
 * not. */
static void assert_holds(ext2_filsys fs, const char *const *expected, size_t row)
{
    for (; *expected; expected++) {
        scoped_free char *path = str_printf("%s", **expected == '!' ? *expected + 1 : *expected);
        char *colon = strchr(path, ':');
        if (colon)
            *colon = '\0';
        if ((image_lookup(fs, path) == 0) != (**expected == '!'))
            fail_msg("row %zu: %s", row, *expected);
        if (colon)
            image_assert_content(fs, path, colon + 1, strlen(colon + 1));
    }
}

static void test_layers_add(void **state UNUSED)
{
    static const struct {
        const char *layers[LAYERS_MAX][8], *expected[8];
    } rows[] = {
        /* The later one counts; a directory stays what it is, and anything else is replaced. */
        { { { "a", "d/", "d/x" }, { "a", "d/", "d/y" } }, { "a:2", "d/x:1", "d/y:2" } },
        { { { "d/", "d/x" }, { "d" } }, { "d:2", "!d/x" } },
        { { { "d" }, { "d/", "d/x" } }, { "d/x:2" } },
        { { { "d/x", "l->d" }, { "l/", "l/y" } }, { "l/y:2", "!d/y", "d/x:1" } },
        /* Whiteouts hide what is below, never what is their own, wherever they stand. */
        { { { "d/x", "d/y" }, { "d/.wh.x" } }, { "!d/x", "d/y:1", "!d/.wh.x" } },
        { { { "d/x" }, { ".wh.d" } }, { "!d" } },
        { { { "x" }, { ".wh.x", "x" } }, { "x:2" } },
        { { { "x" }, { "x", ".wh.x" } }, { "x:2" } },
        { { { "d/x" }, { "d/y", ".wh.d" } }, { "!d/x", "d/y:2" } },
        { { { "d/x" }, { ".wh.d", "d/y" } }, { "!d/x", "d/y:2" } },
        { { { "d/x", "d/e/z" }, { "d/.wh..wh..opq", "d/y" } }, { "!d/x", "!d/e", "d/y:2" } },
        { { { "d/x", "d/e/z" }, { "d/y", "d/e/v", "d/.wh..wh..opq" } },
          { "!d/x", "!d/e/z", "d/e/v:2", "d/y:2" } },
        { { { "d/x" }, { ".wh..wh..opq", "d/y" } }, { "!d/x", "d/y:2" } },
        /* A whiteout of what is not there, or was hidden before, is nothing. */
        { { { "x" }, { ".wh.x" }, { ".wh.x", "no/.wh.y" } }, { "!x", "!no" } },
        { { { "x" }, { ".wh.x" }, { "x" } }, { "x:3" } },
        /* In the lowest there is nothing to hide; names of aufs are left out. */
        { { { "x", ".wh.x", ".wh..wh.aufs", ".wh..wh.plnk/a" } }, { "x:1", "!.wh..wh.aufs" } },
        /* A link is followed within the image, and a hard link may lead to a lower layer. */
        { { { "d/x", "l->/d" }, { "l/.wh.x", "l/y" } }, { "!d/x", "d/y:2" } },
        { { { "d/x", "l->../../../d" }, { "l/y" } }, { "d/y:2" } },
        { { { "a" }, { "b=a" }, { ".wh.a" } }, { "!a", "b:1" } },
        { { { "a" }, { "b=a", "a" } }, { "a:2", "b:1" } },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct pyro_error err = { 0 };
        struct stack s = { 0 };
        ext2_filsys fs;
        int fd;
        for (size_t n = 0; n < LAYERS_MAX && rows[i].layers[n][0]; n++)
            stack_push_members(&s, rows[i].layers[n]);
        fd = unpack(&s, &err);
        if (fd < 0)
            fail_msg("row %zu: %s", i, err.message);
        fs = image_open(fd);
        assert_holds(fs, rows[i].expected, i);
        ext2fs_close_free(&fs);
        close(fd);
    }
}

static void test_layers_add_refuses(void **state UNUSED)
{
    static const struct {
        const char *members[4], *why;
    } rows[] = {
        { { "../x" }, "layer 2: member '../x': its name has '..'" },
        { { "d/../../x" }, "its name has '..'" },
        { { "b=../../etc/passwd" }, "which is not there" },
        { { "b=no" }, "which is not there" },
        { { "b=lower-directory" }, "which is a directory" },
        { { "d/.wh." }, "a whiteout of nothing" },
        { { ".wh.." }, "a whiteout of nothing" },
        { { ".wh..." }, "a whiteout of nothing" },
        { { "tmp->/var/tmp" }, "its /tmp is a symbolic link" },
        { { "run" }, "its /run is not a directory" },
        { { ".wh.proc", "proc" }, "its /proc is not a directory" },
        { { "workspace" }, "its /workspace is not a directory" },
        { { "etc->nowhere" }, "its /etc is a link to no directory" },
        { { "etc/machine-id/" }, "its /etc/machine-id is a directory" },
        { { "conf/hosts/", "etc->conf" }, "its /etc/hosts is a directory" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct pyro_error err = { 0 };
        struct stack s = { 0 };
        stack_push_members(&s, (const char *const[]){ "lower", "lower-directory/", NULL });
        stack_push_members(&s, rows[i].members);
        assert_int_equal(unpack(&s, &err), -1);
        if (!strstr(err.message, rows[i].why))
            fail_msg("row %zu: %s", i, err.message);
    }
}

/* A root of nothing is made one that a machine can start from. */
static void test_root_complete(void **state UNUSED)
{
    static const char *const made[] = { "proc", "sys", "dev", "run", "tmp", "workspace", "etc" };
    struct pyro_error err = { 0 };
    struct stack s = { 0 };
    ext2_filsys fs;
    int fd;

    stack_push_members(&s, (const char *const[]){ "conf/x", "etc->/conf", NULL });
    stack_push_members(&s, (const char *const[]){ ".wh.etc", NULL });
    fd = unpack(&s, &err);
    assert_true(fd >= 0);
    fs = image_open(fd);
    for (size_t i = 0; i < ARRAY_SIZE(made); i++)
        assert_true(S_ISDIR(image_inode(fs, made[i]).i_mode));
    assert_int_equal(image_inode(fs, "tmp").i_mode & 07777, 01777);
    assert_int_equal(image_inode(fs, "workspace").i_mtime, NOW);
    ext2fs_close_free(&fs);
    close(fd);
}

static void push_file(struct stack *s, int filter)
{
    struct tar t, plain;

    tar_begin(&plain);
    tar_add_file(&plain, "f", "x");
    tar_end(&plain);
    stack_push(s, &plain);
    tar_begin_filtered(&t, filter);
    tar_add_file(&t, "f", "x");
    tar_end(&t);
    close(s->layers[s->count - 1].blob.fd);
    assert_true(blob_of_file(t.fd, &s->layers[s->count - 1].blob, NULL));
    s->layers[s->count - 1].digest = NULL;
}

static void test_layers_add_compressed(void **state UNUSED)
{
    static const int filters[] = { ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD };

    for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
        struct pyro_error err = { 0 };
        struct stack s = { 0 };
        int fd;
        push_file(&s, filters[i]);
        fd = unpack(&s, &err);
        if (fd < 0)
            fail_msg("filter %d: %s", filters[i], err.message);
        close(fd);
    }
}

static void append_gzip(int fd, const void *bytes, size_t n)
{
    struct archive *a = archive_write_new();
    struct archive_entry *e = archive_entry_new();

    assert_int_equal(archive_write_set_format_raw(a), ARCHIVE_OK);
    assert_int_equal(archive_write_add_filter_gzip(a), ARCHIVE_OK);
    assert_int_equal(archive_write_set_bytes_in_last_block(a, 1), ARCHIVE_OK);
    assert_int_equal(archive_write_open_fd(a, fd), ARCHIVE_OK);
    archive_entry_set_filetype(e, AE_IFREG);
    assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
    assert_int_equal(archive_write_data(a, bytes, n), n);
    assert_int_equal(archive_write_free(a), ARCHIVE_OK);
    archive_entry_free(e);
}

/* A layer whose gzip has a member for the first `split` bytes, another for the rest, and then `tail`
 * bytes of nothing. */
static void push_members_of_gzip(struct stack *s, size_t split, size_t tail)
{
    static const char zeros[512];
    struct layer *layer = &s->layers[s->count];
    int fd = memfd_create("gzip", MFD_CLOEXEC);
    scoped_free char *bytes = NULL;
    size_t size;

    stack_push_members(s, (const char *const[]){ "a", "d/", "d/b", NULL });
    size = (size_t)layer->blob.size;
    assert_true(blob_read(&layer->blob, "x", 1 << 20, (void **)&bytes, NULL));
    append_gzip(fd, bytes, split);
    append_gzip(fd, bytes + split, size - split);
    assert_int_equal(write(fd, zeros, tail), tail);
    close(layer->blob.fd);
    layer->digest = NULL;
    assert_true(blob_of_file(fd, &layer->blob, NULL));
}

static void test_layers_add_members(void **state UNUSED)
{
    static const size_t splits[] = { 0, 1, 511, 700, 1024 }, tails[] = { 0, 1, 512 };

    for (size_t i = 0; i < ARRAY_SIZE(splits); i++)
        for (size_t k = 0; k < ARRAY_SIZE(tails); k++) {
            struct pyro_error err = { 0 };
            struct stack s = { 0 };
            int fd;
            push_members_of_gzip(&s, splits[i], tails[k]);
            fd = unpack(&s, &err);
            if (fd < 0)
                fail_msg("split at %zu: %s", splits[i], err.message);
            close(fd);
        }
}

/* A byte that is another than it was is never taken for it. */
static void test_layers_add_damaged(void **state UNUSED)
{
    for (off_t at = 0; at < 60; at++) { /* the first member is longer */
        struct pyro_error err = { 0 };
        struct stack s = { 0 };
        uint8_t byte;
        push_members_of_gzip(&s, 700, 0);
        assert_int_equal(pread(s.layers[0].blob.fd, &byte, 1, at), 1);
        byte ^= 0x55;
        assert_int_equal(pwrite(s.layers[0].blob.fd, &byte, 1, at), 1);
        if (unpack(&s, &err) >= 0)
            assert_true(at >= 4 && at < 10); /* the header's time, flags and system */
    }
}

/* RFC 1952, 2.3.1.2: they may mean that something else follows. */
static void test_layers_add_reserved_flags(void **state UNUSED)
{
    for (unsigned bit = 0x20; bit <= 0x80; bit <<= 1) {
        const uint8_t flags = (uint8_t)bit;
        struct pyro_error err = { 0 };
        struct stack s = { 0 };
        push_members_of_gzip(&s, 700, 0);
        assert_int_equal(pwrite(s.layers[0].blob.fd, &flags, 1, 3), 1);
        assert_int_equal(unpack(&s, &err), -1);
        assert_non_null(strstr(err.message, "the gzip data are damaged"));
    }
}

static const char other[] =
    "sha256:0000000000000000000000000000000000000000000000000000000000000000";

static void test_layers_add_checks_digests(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    struct stack s = { 0 };

    stack_push_members(&s, (const char *const[]){ "a", NULL });
    s.layers[0].diff_id = other;
    assert_int_equal(unpack(&s, &err), -1);
    assert_int_equal(err.code, PYRO_CONTENT_REFUSED);
    assert_non_null(strstr(err.message, "layer 1: its tar has the digest"));

    s = (struct stack){ 0 };
    stack_push_members(&s, (const char *const[]){ "a", NULL });
    s.layers[0].digest = other;
    assert_int_equal(unpack(&s, &err), -1);
    assert_non_null(strstr(err.message, "layer 1: its blob has the digest"));
}

/* The same by the process, whose pieces are many. */
static void test_layers_add_by_process(void **state UNUSED)
{
    enum { SIZE = 5 << 20 };
    struct pyro_error err = { 0 };
    scoped_free char *random = malloc(SIZE);
    struct stack s = { 0 };
    ext2_filsys fs;
    struct tar t;
    int fd;

    for (size_t i = 0; i < SIZE; i++)
        random[i] = (char)(i * i >> 7);
    push_members_of_gzip(&s, 700, 1);
    tar_begin(&t);
    tar_add(&t, &(struct member){
                    .path = "big", .mode = S_IFREG | 0644, .content = random, .size = SIZE });
    tar_end(&t);
    stack_push(&s, &t);
    assert_true(inflating_prepare(jail_enter, &err)); /* it has what is open now */
    fd = unpack(&s, &err);
    inflating_end();
    if (fd < 0)
        fail_msg("%s", err.message);
    fs = image_open(fd);
    image_assert_content(fs, "big", random, SIZE);
    ext2fs_close_free(&fs);
    close(fd);

    s = (struct stack){ 0 };
    stack_push_members(&s, (const char *const[]){ "a", NULL });
    s.layers[0].digest = other;
    assert_true(inflating_prepare(jail_enter, &err));
    assert_int_equal(unpack(&s, &err), -1);
    inflating_end();
    assert_int_equal(err.code, PYRO_CONTENT_REFUSED);
    assert_non_null(strstr(err.message, "layer 1: its blob has the digest"));
}

/* Layers are read as far as they have come, in whatever order that is said. */
static void test_layers_add_arriving(void **state UNUSED)
{
    for (int whole = 0; whole < 2; whole++)
        for (int by_process = 0; by_process < 2; by_process++) {
            struct pyro_error err = { 0 };
            struct stack s = { 0 };
            struct arrival messages[4];
            int pipes[2], fd;
            push_members_of_gzip(&s, 700, 1);
            stack_push_members(&s, (const char *const[]){ "c", NULL });
            messages[0] = (struct arrival){ .layer = 1, .bytes = s.layers[1].blob.size };
            messages[1] = (struct arrival){ .bytes = 1 };
            messages[2] = (struct arrival){ .bytes = 40 };
            messages[3] = (struct arrival){ .bytes = s.layers[0].blob.size - !whole };
            assert_int_equal(pipe(pipes), 0);
            assert_int_equal(write(pipes[1], messages, sizeof(messages)), sizeof(messages));
            close(pipes[1]);
            inflating_watch(pipes[0]);
            assert_true(!by_process || inflating_prepare(jail_enter, &err));
            fd = unpack(&s, &err);
            if ((fd >= 0) != (whole == 1))
                fail_msg("whole %d, by process %d: %s", whole, by_process, err.message);
            if (!whole)
                assert_non_null(strstr(err.message, "not all of it has come"));
            else
                close(fd);
            inflating_end();
            inflating_watch(-1);
            close(pipes[0]);
        }
}

/* Why the process failed is told although it ended while a piece of it was still in use. */
static void test_inflating_tells_why(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    struct stack layers = { 0 };
    struct inflating s;
    struct inflate_job job;
    siginfo_t ended;
    const void *piece;
    size_t n = 1;

    push_members_of_gzip(&layers, 700, 0);
    job = (struct inflate_job){ .blob = layers.layers[0].blob };
    memcpy(job.digest, other, sizeof(other));
    assert_true(inflating_prepare(jail_enter, &err));
    assert_true(inflating_begin(&s, &job, &err));
    assert_true(inflating_next(&s, &piece, &n, &err));
    assert_int_equal(waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT), 0);
    while (inflating_next(&s, &piece, &n, &err))
        assert_int_not_equal(n, 0);
    assert_int_equal(err.code, PYRO_CONTENT_REFUSED);
    assert_non_null(strstr(err.message, "its blob has the digest"));
    inflating_release(&s);
    inflating_end();
    close(job.blob.fd);
}

/* Bytes after the tar, or after the compressed data, count for the digest too. */
static void test_layers_add_hashes_all(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    struct stack s = { 0 };
    struct layer *layer = &s.layers[0];

    stack_push_members(&s, (const char *const[]){ "a", NULL });
    assert_int_equal(pwrite(layer->blob.fd, "more", 4, layer->blob.size), 4);
    layer->blob.size += 4;
    assert_int_equal(unpack(&s, &err), -1);
    assert_non_null(strstr(err.message, "has the digest"));
}

/* A tar that ends with the content of its last member. */
static void test_layers_add_without_end(void **state UNUSED)
{
    static const char content[] = "content";
    struct pyro_error err = { 0 };
    struct stack s = { 0 };
    scoped_free void *bytes = NULL;
    struct blob whole;
    const char *found;
    struct tar t;
    ext2_filsys fs;
    int fd;

    tar_begin(&t);
    tar_add_file(&t, "f", content);
    tar_end(&t);
    assert_true(blob_of_file(t.fd, &whole, NULL) && blob_read(&whole, "x", 1 << 20, &bytes, NULL));
    found = memmem(bytes, (size_t)whole.size, content, strlen(content));
    assert_non_null(found);
    assert_int_equal(ftruncate(t.fd, found - (char *)bytes + (off_t)strlen(content)), 0);
    stack_push(&s, &t);
    fd = unpack(&s, &err);
    if (fd < 0)
        fail_msg("%s", err.message);
    fs = image_open(fd);
    image_assert_content(fs, "f", content, strlen(content));
    ext2fs_close_free(&fs);
    close(fd);
}

static void test_layers_add_cut_short(void **state UNUSED)
{
    static const int filters[] = { ARCHIVE_FILTER_NONE, ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD };

    for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
        for (int64_t kept = 0; kept < 64; kept += 7) {
            struct pyro_error err = { 0 };
            struct stack s = { 0 };
            push_file(&s, filters[i]);
            s.layers[0].blob.size = kept;
            assert_int_equal(unpack(&s, &err), -1);
            assert_true(err.code == PYRO_CONTENT_REFUSED || err.code == PYRO_INVALID_ARGUMENT);
        }
}

/* A file of zeros that is a thousand times as large as its layer. */
static void test_layers_add_bomb(void **state UNUSED)
{
    enum { SIZE = 96 << 20 };
    struct pyro_error err = { 0 };
    struct stack s = { 0 };
    char *zeros = calloc(1, SIZE);
    struct tar t;

    tar_begin_filtered(&t, ARCHIVE_FILTER_GZIP);
    tar_add(&t, &(struct member){
                    .path = "big", .mode = S_IFREG | 0644, .content = zeros, .size = SIZE });
    tar_end(&t);
    free(zeros);
    stack_push(&s, &t);
    assert_int_equal(unpack(&s, &err), -1);
    assert_int_equal(err.code, PYRO_CONTENT_REFUSED);
    assert_non_null(strstr(err.message, "more than 200 times its size"));
}

/* Many opaque whiteouts of one large directory: each directory is looked through once a layer. */
static void test_layers_add_is_linear(void **state UNUSED)
{
    enum { FILES = 1500, WHITEOUTS = 60000 };
    struct pyro_error err = { 0 };
    struct stack s = { 0 };
    struct tar t;
    char path[32];
    int fd;

    stack_push_members(&s, (const char *const[]){ "d/lower", NULL });
    tar_begin(&t);
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof(path), "d/%d", i);
        tar_add_file(&t, path, "");
    }
    for (int i = 0; i < WHITEOUTS; i++)
        tar_add_file(&t, i % 2 ? "d/.wh..wh..opq" : ".wh.d", "");
    tar_end(&t);
    stack_push(&s, &t);
    fd = unpack(&s, &err);
    assert_true(fd >= 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layers_add),
        cmocka_unit_test(test_layers_add_refuses),
        cmocka_unit_test(test_root_complete),
        cmocka_unit_test(test_layers_add_compressed),
        cmocka_unit_test(test_layers_add_members),
        cmocka_unit_test(test_layers_add_damaged),
        cmocka_unit_test(test_layers_add_reserved_flags),
        cmocka_unit_test(test_layers_add_by_process),
        cmocka_unit_test(test_layers_add_arriving),
        cmocka_unit_test(test_layers_add_checks_digests),
        cmocka_unit_test(test_inflating_tells_why),
        cmocka_unit_test(test_layers_add_hashes_all),
        cmocka_unit_test(test_layers_add_without_end),
        cmocka_unit_test(test_layers_add_cut_short),
        cmocka_unit_test(test_layers_add_bomb),
        cmocka_unit_test(test_layers_add_is_linear),
    };

    signal(SIGPIPE, SIG_IGN); /* as in the program */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
