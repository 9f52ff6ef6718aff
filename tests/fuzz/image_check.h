/* Whether libext2fs can read what became an image, for targets that make some. */
#ifndef PYRO_FUZZ_IMAGE_CHECK_H
#define PYRO_FUZZ_IMAGE_CHECK_H

#include <ext2fs/ext2fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

#endif
