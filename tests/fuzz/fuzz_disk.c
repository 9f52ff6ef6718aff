/*
 * A disk of a base and an overlay, both with bytes changed at will: whatever they say, reading them
 * ends, in an answer or in an error that says why. The input is a list of changes {where (1 byte),
 * offset (3), count (1), bytes}. The file system has no checksums: changes shall get past them. Its
 * journal holds a transaction that is to be read with it.
 */
#include <endian.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/image/layout/tree_order.h"
#include "engine/image/tar/source.h"
#include "engine/image/tar/tar_to_ext4.h"
#include "engine/image/view/disk_export.h"
#include "engine/image/view/disk_list.h"
#include "engine/image/view/disk_seal.h"
#include "engine/image/view/view.h"
#include "engine/image/view/view_xattr.h"
#include "tests/fuzz/image_check.h"
#include "vmm/base/fs.h"
#include "vmm/disk.h"

#define IMAGE_BYTES (16 << 20)
#define CLUSTER 65536
#define MAPPED 24 /* clusters of the base that the overlay has */
#define READ_MAX (1 << 16)
#define CHANGES_MAX 64
#define FILES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fds[2] = { -1, -1 };
static off_t journal_at; /* the first block of the journal, and of those that follow it */

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void add(struct archive *a, const char *path, mode_t type, const char *text, size_t size)
{
    struct archive_entry *e = archive_entry_new();

    archive_entry_set_pathname(e, path);
    archive_entry_set_mode(e, type | 0755);
    archive_entry_set_size(e, type == AE_IFREG ? (la_int64_t)size : 0);
    archive_entry_xattr_add_entry(e, "user.note", "text", 4);
    if (type == AE_IFLNK)
        archive_entry_set_symlink(e, text);
    must(archive_write_header(a, e) == ARCHIVE_OK);
    if (type == AE_IFREG)
        must(archive_write_data(a, text, size) == (la_ssize_t)size);
    archive_entry_free(e);
}

static size_t make_tar(char *bytes, size_t n)
{
    struct archive *a = archive_write_new();
    static char big[300000];
    char name[400];
    size_t used = 0;

    memset(big, 'x', sizeof(big));
    archive_write_set_format_pax_restricted(a);
    must(archive_write_open_memory(a, bytes, n, &used) == ARCHIVE_OK);
    add(a, "workspace/file", AE_IFREG, "hello\n", 6);
    add(a, "workspace/big", AE_IFREG, big, sizeof(big));
    add(a, "workspace/link", AE_IFLNK, "../etc", 6);
    memset(name, 'l', 200);
    name[200] = '\0';
    add(a, "workspace/long", AE_IFLNK, name, 200);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof(name), "workspace/many/a-name-that-is-not-short-%d", i);
        add(a, name, AE_IFREG, "", 0);
    }
    archive_write_close(a);
    archive_write_free(a);
    return used;
}

static void make_base(void)
{
    static char tar[2 << 20];
    struct ext4_spec spec = { .size_bytes = IMAGE_BYTES, .now = 1 };
    struct pyro_error err = { 0 };
    struct archive *a = source_new_tar(&err);
    struct tar_counts counts;
    uint8_t features;

    spec.fd = fds[0] = memfd_create("base", MFD_CLOEXEC);
    must(a && archive_read_open_memory(a, tar, make_tar(tar, sizeof(tar))) == ARCHIVE_OK);
    must(tar_to_ext4(a, &spec, true, &counts, &err));
    archive_read_free(a);
    must(pread(fds[0], &features, 1, 1024 + 0x65) == 1);
    features &= (uint8_t)~(EXT4_FEATURE_RO_COMPAT_METADATA_CSUM >> 8);
    must(pwrite(fds[0], &features, 1, 1024 + 0x65) == 1);
}

static void put_be32s(off_t at, const uint32_t *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t v = htobe32(values[i]);
        must(pwrite(fds[0], &v, sizeof(v), at + (off_t)(i * sizeof(v))) == sizeof(v));
    }
}

/* A transaction of one block of inodes and a revocation, as after a crash. */
static void make_journal(void)
{
    int own_fd = fcntl(fds[0], F_DUPFD_CLOEXEC, 3); /* libext2fs closes it */
    static char block[65536];
    uint8_t recover = EXT3_FEATURE_INCOMPAT_RECOVER, features;
    blk64_t journal, inodes;
    ext2_filsys fs;
    char name[16];
    off_t size;

    snprintf(name, sizeof(name), "%d", own_fd);
    must(!ext2fs_open2(name, NULL, EXT2_FLAG_64BITS, 0, 0, unixfd_io_manager, &fs));
    must(!ext2fs_bmap2(fs, EXT2_JOURNAL_INO, NULL, NULL, 0, 0, NULL, &journal));
    inodes = ext2fs_inode_table_loc(fs, 0);
    size = fs->blocksize;
    journal_at = (off_t)journal * size;
    ext2fs_free(fs);
    put_be32s(journal_at + 0x18, (uint32_t[]){ 1, 1 }, 2);
    put_be32s(journal_at + size, (uint32_t[]){ 0xc03b3998, 1, 1, (uint32_t)inodes, 2 | 8 }, 5);
    must(pread(fds[0], block, (size_t)size, (off_t)inodes * size) == size);
    must(pwrite(fds[0], block, (size_t)size, journal_at + 2 * size) == size);
    put_be32s(journal_at + 3 * size, (uint32_t[]){ 0xc03b3998, 5, 1, 20, 3999 }, 5);
    put_be32s(journal_at + 4 * size, (uint32_t[]){ 0xc03b3998, 2, 1 }, 3);
    must(pread(fds[0], &features, 1, 1024 + 0x60) == 1);
    features |= recover;
    must(pwrite(fds[0], &features, 1, 1024 + 0x60) == 1);
}

/* An overlay that has the first clusters of the base, as they are. */
static void make_overlay(void)
{
    char path[] = "/tmp/pyro-fuzz-XXXXXX";
    static char cluster[CLUSTER];
    static uint64_t l2[CLUSTER / 8];
    struct pyro_error err = { 0 };
    scoped_close int dir = -1;
    uint64_t l1 = htobe64(4 * CLUSTER | 1ULL << 63);

    must(mkdtemp(path) != NULL);
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(disk_create_overlay(dir, "over", IMAGE_BYTES, &err));
    fds[1] = openat(dir, "over", O_RDWR | O_CLOEXEC);
    fs_discard_tree(AT_FDCWD, path);
    for (uint64_t i = 0; i < MAPPED; i++) {
        l2[i] = htobe64(((5 + i) * CLUSTER) | 1ULL << 63);
        must(pread(fds[0], cluster, CLUSTER, (off_t)(i * CLUSTER)) == CLUSTER);
        must(pwrite(fds[1], cluster, CLUSTER, (off_t)((5 + i) * CLUSTER)) == CLUSTER);
    }
    must(pwrite(fds[1], l2, sizeof(l2), 4 * CLUSTER) == (ssize_t)sizeof(l2));
    must(pwrite(fds[1], &l1, 8, 3 * CLUSTER) == 8);
    must(ftruncate(fds[1], (5 + MAPPED + 1) * CLUSTER) == 0); /* for changes at the end */
}

struct change {
    int fd;
    off_t at;
    size_t n;
    uint8_t was[256];
};

static size_t apply(const uint8_t *data, size_t size, struct change *changes)
{
    struct reader r = reader_of(data, size);
    size_t count = 0;

    while (count < CHANGES_MAX) {
        struct change *c = &changes[count];
        uint32_t head;
        uint8_t n;
        const uint8_t *bytes;
        if (!rd_u32(&r, &head) || !rd_u8(&r, &n) || !rd_bytes(&r, n, &bytes))
            break;
        c->fd = fds[head & 1];
        /* Half of them where everything is described. */
        c->at = (head >> 8) % (head & 2 ? 16384 : head & 1 ? (5 + MAPPED) * CLUSTER : 4 << 20);
        if (head & 4) { /* or in the journal */
            c->fd = fds[0];
            c->at = journal_at + (off_t)((head >> 8) % CLUSTER);
        }
        c->n = n;
        must(pread(c->fd, c->was, n, c->at) == n);
        must(pwrite(c->fd, bytes, n, c->at) == n);
        count++;
    }
    return count;
}

static bool note(void *arg, uint32_t inode)
{
    return inode && ++*(unsigned *)arg < FILES_MAX;
}

/* Reads what the list names. */
static void read_files(struct view *v, const json_t *entries)
{
    static char bytes[READ_MAX];
    const json_t *one;
    size_t i;

    json_array_foreach (entries, i, one) {
        struct pyro_error err = { 0 };
        uint32_t inode;
        if (i == FILES_MAX)
            return;
        if (!view_find(v, json_string_or(one, "path", "/"), &inode, &err) ||
            view_read(v, inode, i * 1000, bytes, sizeof(bytes), &err) < 0)
            must(err.code != PYRO_OK && err.code != PYRO_INTERNAL && err.message[0]);
    }
}

static bool skip_attribute(void *arg UNUSED, const char *name, const void *value UNUSED,
                           size_t size UNUSED)
{
    return *name != '\0';
}

static bool visit(void *arg, const char *path, const struct view_inode *i, struct pyro_error *err)
{
    unsigned major, minor;

    return *path && (!S_ISCHR(i->mode) || view_device(arg, i->number, &major, &minor, err)) &&
           view_each_xattr(arg, i->number, skip_attribute, NULL, err);
}

/* All of it in order, with what only an image takes. */
static void walk(struct view *v)
{
    struct pyro_error err = { 0 };

    must(tree_order_each(v, visit, v, &err) || (err.code != PYRO_OK && err.message[0]));
}

/* With what a mount would do: the replay, and freeing what was removed while it was open. */
static void copy_out(struct chain *c)
{
    scoped_close int fd = memfd_create("copy", MFD_CLOEXEC);
    struct pyro_error err = { 0 };

    must(fd >= 0 && (disk_export((struct disk_version){ c, 1 }, fd, &err) || err.message[0]));
}

/* Into an overlay, which others can read if it comes to that. */
static void seal(struct chain *c, bool whole)
{
    char path[] = "/tmp/pyro-fuzz-XXXXXX";
    struct pyro_error err = { 0 };
    scoped_close int dir = -1, fd = -1;
    scoped_json json_t *sealed = NULL;
    int all[3] = { fds[0], fds[1] };
    struct chain *again = NULL;

    must(mkdtemp(path) != NULL);
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(disk_create_overlay(dir, "top", IMAGE_BYTES, &err));
    fd = all[2] = openat(dir, "top", O_RDWR | O_CLOEXEC);
    fs_discard_tree(AT_FDCWD, path);
    sealed = disk_seal((struct disk_version){ c, 1 }, fd, whole, &err);
    must(sealed || (err.code != PYRO_OK && err.code != PYRO_INTERNAL && err.message[0]));
    must(!sealed || chain_open(all, 3, &again, &err));
    chain_free(again);
}

static void look(struct chain *c)
{
    struct view *now = NULL, *then = NULL;
    struct pyro_error err = { 0 };
    unsigned count = 0;

    if (!view_open((struct disk_version){ c, 1 }, &now, &err)) {
        must(err.code != PYRO_OK && err.message[0]);
        return;
    }
    {
        scoped_json json_t *list = disk_list(now, "/", true, &err);
        must(list || (err.code != PYRO_OK && err.code != PYRO_INTERNAL && err.message[0]));
        read_files(now, json_object_get(list, "entries"));
    }
    walk(now);
    if (view_open((struct disk_version){ c, 0 }, &then, &err) &&
        !view_each_changed(now, then, note, &count, &err))
        must(err.message[0]);
    view_free(then);
    view_free(now);
    copy_out(c);
    seal(c, false);
    seal(c, true);
}

/* As the lower layers of another image, which is whole whatever they were. False: it is refused. */
static bool build_on(int base_fd)
{
    const struct base_image base = { .fd = base_fd };
    scoped_close int fd = memfd_create("image", MFD_CLOEXEC);
    struct ext4_spec spec = { .fd = fd, .size_bytes = IMAGE_BYTES, .now = 1 };
    struct pyro_error err = { 0 };
    struct tar_counts counts;
    scoped_tar_image *image = tar_image_new(&spec, &err);

    bool ok;

    must(image != NULL);
    ok = tar_image_take_base(image, &base, &err) && tar_image_finish(image, &counts, &err);
    if (ok)
        check_image(fd);
    else
        must(err.code != PYRO_OK && err.code != PYRO_INTERNAL && err.message[0]);
    return ok;
}

/* Unchanged, it is sound, and its journal is used. */
static void check(void)
{
    struct pyro_error err = { 0 };
    struct chain *c;
    struct view *v = NULL;

    must(chain_open(fds, 2, &c, &err) && view_open((struct disk_version){ c, 1 }, &v, &err) &&
         view_journal(v) && build_on(fds[0]));
    view_free(v);
    chain_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct change changes[CHANGES_MAX];
    struct pyro_error err = { 0 };
    struct chain *c;
    size_t count;

    if (fds[0] < 0) {
        make_base();
        make_journal();
        make_overlay();
        check();
    }
    count = apply(data, size, changes);
    if (chain_open(fds, 2, &c, &err)) {
        look(c);
        chain_free(c);
    } else {
        must(err.code != PYRO_OK && err.message[0]);
    }
    (void)!build_on(fds[0]);
    while (count--)
        must(pwrite(changes[count].fd, changes[count].was, changes[count].n, changes[count].at) ==
             (ssize_t)changes[count].n);
    return 0;
}
