/* Making tars and looking into images by other means than the code under test: tars by libarchive's
 * writer or byte by byte, images by libext2fs's own lookups and e2fsck. */
#ifndef PYRO_IMAGE_FIXTURE_H
#define PYRO_IMAGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>
#include <ext2fs/ext2fs.h>

#include "engine/image/tar/tar_to_ext4.h"

#define IMAGE_MIB(n) ((int64_t)(n) << 20)

struct tar {
    struct archive *a; /* writes to fd */
    int fd;            /* a memfd */
};

struct member {
    const char *path;
    mode_t mode; /* with the type */
    uint32_t uid, gid;
    int64_t mtime;
    const char *hard_link, *symlink;
    unsigned major, minor;
    const void *content;
    size_t size;
    const char *xattr_name, *xattr_value;
    size_t xattr_size;
};

void tar_begin(struct tar *t);
/* filter: an ARCHIVE_FILTER_ number. */
void tar_begin_filtered(struct tar *t, int filter);
void tar_add(struct tar *t, const struct member *m);
void tar_add_file(struct tar *t, const char *path, const char *content);
void tar_add_entry(struct tar *t, struct archive_entry *e, const void *content, size_t size);
/* A ustar header of 512 bytes as nobody well-meaning writes it, with its checksum; then content. */
void tar_add_raw(struct tar *t, const char *name, char type, const char *size_octal,
                 const char *content);
/* Ends the archive; t->fd stands at its beginning. */
void tar_end(struct tar *t);

/* Converts and closes the tar. The image, a file in TMPDIR that has its name still, or -1 with
 * *err. */
int image_try(struct tar *t, int64_t size_bytes, struct tar_counts *ret, struct pyro_error *err);
/* The same, which must succeed and pass e2fsck; it has no name any more. */
int image_make(struct tar *t, int64_t size_bytes);
/* e2fsck -fn finds nothing. The image still has its name. */
void image_assert_clean(int fd);

/* Removes the image's name. */
void image_forget(int fd);

ext2_filsys image_open(int fd);
/* 0 when the path is not there. Links are not followed. */
ext2_ino_t image_lookup(ext2_filsys fs, const char *path);
/* The inode at a path, which must be there. */
struct ext2_inode_large image_inode(ext2_filsys fs, const char *path);
void image_assert_content(ext2_filsys fs, const char *path, const void *content, size_t size);
/* Extended attribute's value and size; the test frees. NULL when it is not there. */
void *image_xattr(ext2_filsys fs, const char *path, const char *name, size_t *ret_size);

#endif
