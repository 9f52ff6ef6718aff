/*
 * Any bytes as a tar: they become an image whose superblock, inodes and root directory libext2fs
 * can read back, or a clean error.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/image/tar/source.h"
#include "engine/image/tar/tar_to_ext4.h"
#include "tests/fuzz/tar_checksums.h"

#define IMAGE_BYTES (16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count_entry(ext2_ino_t dir, int entry, struct ext2_dir_entry *e, int offset,
                       int blocksize, char *buf, void *count)
{
    (void)dir, (void)entry, (void)offset, (void)blocksize, (void)buf;
    if (e->inode)
        ++*(int *)count;
    return 0;
}

/* Everything in the image must be readable, checksums and all. */
static void check_image(int fd)
{
    struct ext2_inode_large inode;
    ext2_inode_scan scan;
    ext2_ino_t number;
    ext2_filsys fs;
    char name[64];
    int entries = 0;

    snprintf(name, sizeof(name), "%d", dup(fd));
    if (ext2fs_open(name, EXT2_FLAG_64BITS, 0, 0, unixfd_io_manager, &fs) != 0 ||
        ext2fs_read_bitmaps(fs) != 0 || !(fs->super->s_state & EXT2_VALID_FS) ||
        ext2fs_dir_iterate2(fs, EXT2_ROOT_INO, 0, NULL, count_entry, &entries) != 0 ||
        entries < 3 || ext2fs_open_inode_scan(fs, 0, &scan) != 0)
        abort();
    do {
        if (ext2fs_get_next_inode_full(scan, &number, (struct ext2_inode *)&inode, sizeof(inode)) !=
            0)
            abort();
    } while (number);
    ext2fs_close_inode_scan(scan);
    ext2fs_close_free(&fs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    struct ext4_spec spec = { .fd = memfd_create("image", MFD_CLOEXEC),
                              .size_bytes = IMAGE_BYTES,
                              .now = 1 };
    struct pyro_error err = { 0 };
    struct archive *a = source_new_tar(&err);
    struct tar_counts counts;

    if (spec.fd < 0 || !a || !copy)
        abort();
    memcpy(copy, data, size);
    fix_checksums(copy, size);
    if (archive_read_open_memory(a, copy, size) == ARCHIVE_OK) {
        if (tar_to_ext4(a, &spec, true, &counts, &err))
            check_image(spec.fd);
        else if (err.code == PYRO_OK || !err.message[0] || err.code == PYRO_INTERNAL)
            abort();
    }
    archive_read_free(a);
    free(copy);
    close(spec.fd);
    return 0;
}
