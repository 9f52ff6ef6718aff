/* tests/unit/image_fixture.c: see the header. */
#include "tests/unit/image_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/image/tar/source.h"

#define NOW 1700000000

void tar_begin_filtered(struct tar *t, int filter)
{
    t->fd = memfd_create("tar", MFD_CLOEXEC);
    assert_true(t->fd >= 0);
    t->a = archive_write_new();
    assert_int_equal(archive_write_set_format_pax(t->a), ARCHIVE_OK);
    assert_int_equal(archive_write_add_filter(t->a, filter), ARCHIVE_OK);
    assert_int_equal(archive_write_open_fd(t->a, t->fd), ARCHIVE_OK);
}

void tar_begin(struct tar *t)
{
    tar_begin_filtered(t, ARCHIVE_FILTER_NONE);
}

void tar_add_entry(struct tar *t, struct archive_entry *e, const void *content, size_t size)
{
    /* It warns of names that are not UTF-8, and writes them as they are. */
    assert_true(archive_write_header(t->a, e) >= ARCHIVE_WARN);
    if (size)
        assert_int_equal(archive_write_data(t->a, content, size), size);
    archive_entry_free(e);
}

void tar_add(struct tar *t, const struct member *m)
{
    struct archive_entry *e = archive_entry_new();

    archive_entry_set_pathname(e, m->path);
    archive_entry_set_mode(e, m->mode);
    archive_entry_set_uid(e, m->uid);
    archive_entry_set_gid(e, m->gid);
    archive_entry_set_mtime(e, m->mtime, 123456789);
    archive_entry_set_size(e, (la_int64_t)m->size);
    archive_entry_set_rdevmajor(e, m->major);
    archive_entry_set_rdevminor(e, m->minor);
    if (m->hard_link)
        archive_entry_set_hardlink(e, m->hard_link);
    if (m->symlink)
        archive_entry_set_symlink(e, m->symlink);
    if (m->xattr_name)
        archive_entry_xattr_add_entry(e, m->xattr_name, m->xattr_value, m->xattr_size);
    tar_add_entry(t, e, m->content, m->size);
}

void tar_add_file(struct tar *t, const char *path, const char *content)
{
    tar_add(
        t, &(struct member){
               .path = path, .mode = S_IFREG | 0644, .content = content, .size = strlen(content) });
}

void tar_add_raw(struct tar *t, const char *name, char type, const char *size_octal,
                 const char *content)
{
    char header[512] = { 0 }, padding[512] = { 0 };
    size_t n = strlen(content);
    unsigned sum = 0;

    /* Data that libarchive still holds back must come first. */
    assert_int_equal(archive_write_finish_entry(t->a), ARCHIVE_OK);
    memcpy(header, name, strnlen(name, 100));
    memcpy(header + 100, "0000644\0000000000\0000000000", 24);
    memcpy(header + 124, size_octal, strnlen(size_octal, 12));
    memcpy(header + 136, "00000000000", 11);
    memset(header + 148, ' ', 8);
    header[156] = type;
    memcpy(header + 257, "ustar\00000", 8);
    for (size_t i = 0; i < sizeof(header); i++)
        sum += (uint8_t)header[i];
    snprintf(header + 148, 8, "%06o", sum);
    assert_int_equal(write(t->fd, header, sizeof(header)), sizeof(header));
    assert_int_equal(write(t->fd, content, n), n);
    if (n % 512)
        assert_int_equal(write(t->fd, padding, 512 - n % 512), 512 - n % 512);
}

void tar_end(struct tar *t)
{
    assert_int_equal(archive_write_free(t->a), ARCHIVE_OK);
    assert_int_equal(lseek(t->fd, 0, SEEK_SET), 0);
}

/* A file with a name, for e2fsck wants one; image_forget() removes that. */
static int new_image(void)
{
    const char *directory = getenv("TMPDIR");
    char path[4096];
    int fd;

    snprintf(path, sizeof(path), "%s/pyro-image-XXXXXX", directory ? directory : "/tmp");
    fd = mkostemp(path, O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void path_of(int fd, char ret[4096])
{
    char link[64];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, ret, 4095);
    assert_true(n > 0);
    ret[n] = '\0';
}

void image_forget(int fd)
{
    char path[4096];

    path_of(fd, path);
    unlink(path);
}

int image_try(struct tar *t, int64_t size_bytes, struct tar_counts *ret, struct pyro_error *err)
{
    struct ext4_spec spec = {
        .fd = new_image(), .size_bytes = size_bytes, .uuid = { 1, 2, 3 }, .now = NOW
    };
    struct archive *a = source_new_tar(err);
    bool ok;

    assert_true(spec.fd >= 0 && a);
    ok = source_open_fd(a, t->fd, err) && tar_to_ext4(a, &spec, true, ret, err);
    archive_read_free(a);
    close(t->fd);
    if (ok)
        return spec.fd;
    image_forget(spec.fd);
    close(spec.fd);
    return -1;
}

void image_assert_clean(int fd)
{
    char path[4096], command[4200];

    path_of(fd, path);
    snprintf(command, sizeof(command), "/sbin/e2fsck -fn '%s' >&2", path);
    assert_int_equal(system(command), 0);
}

int image_make(struct tar *t, int64_t size_bytes)
{
    struct pyro_error err = { 0 };
    struct tar_counts counts;
    int fd = image_try(t, size_bytes, &counts, &err);

    if (fd < 0)
        fail_msg("%s", err.message);
    image_assert_clean(fd);
    image_forget(fd);
    return fd;
}

ext2_filsys image_open(int fd)
{
    ext2_filsys fs;
    char name[64];

    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    assert_int_equal(ext2fs_open(name, EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &fs), 0);
    return fs;
}

ext2_ino_t image_lookup(ext2_filsys fs, const char *path)
{
    ext2_ino_t at = EXT2_ROOT_INO;

    while (*path) {
        size_t n;
        path += strspn(path, "/");
        n = strcspn(path, "/");
        if (n && ext2fs_lookup(fs, at, path, (int)n, NULL, &at) != 0)
            return 0;
        path += n;
    }
    return at;
}

struct ext2_inode_large image_inode(ext2_filsys fs, const char *path)
{
    struct ext2_inode_large inode;
    ext2_ino_t number = image_lookup(fs, path);

    if (!number)
        fail_msg("%s is not there", path);
    assert_int_equal(ext2fs_read_inode_full(fs, number, (struct ext2_inode *)&inode, sizeof(inode)),
                     0);
    return inode;
}

void image_assert_content(ext2_filsys fs, const char *path, const void *content, size_t size)
{
    char *got = malloc(size + 1);
    ext2_ino_t number = image_lookup(fs, path);
    unsigned n = 0;
    ext2_file_t f;

    if (!number)
        fail_msg("%s is not there", path);
    assert_int_equal(EXT2_I_SIZE((struct ext2_inode[]){
                         *ext2fs_inode((struct ext2_inode_large[]){ image_inode(fs, path) }) }),
                     size);
    assert_int_equal(ext2fs_file_open(fs, number, 0, &f), 0);
    assert_int_equal(ext2fs_file_read(f, got, (unsigned)size + 1, &n), 0);
    assert_int_equal(n, size);
    assert_true(memcmp(got, content, size) == 0);
    ext2fs_file_close(f);
    free(got);
}

void *image_xattr(ext2_filsys fs, const char *path, const char *name, size_t *ret_size)
{
    struct ext2_xattr_handle *h;
    void *value = NULL, *copy = NULL;

    assert_int_equal(ext2fs_xattrs_open(fs, image_lookup(fs, path), &h), 0);
    assert_int_equal(ext2fs_xattrs_read(h), 0);
    if (ext2fs_xattr_get(h, name, &value, ret_size) == 0) {
        copy = malloc(*ret_size + 1);
        memcpy(copy, value, *ret_size);
        ext2fs_free_mem(&value);
    }
    ext2fs_xattrs_close(&h);
    return copy;
}
