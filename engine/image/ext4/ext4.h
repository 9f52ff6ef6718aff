/*
 * Making an ext4 file system with libext2fs: the features of Debian's mke2fs.conf, an empty
 * journal, and inode tables that are known to be zero, so that a kernel mounting it has nothing to
 * finish. First ext4_create, then content goes to .blocks and names to a tree, then
 * ext4_write_tree, then ext4_close.
 */
#ifndef PYRO_IMAGE_EXT4_H
#define PYRO_IMAGE_EXT4_H

#include <stdint.h>

#include <ext2fs/ext2fs.h>

#include "engine/image/ext4/blocks.h"
#include "engine/image/ext4/tree.h"
#include "vmm/base/error.h"

#define EXT4_SIZE_MIN (16LL << 20)
#define EXT4_SIZE_MAX (8LL << 40)

struct ext4 {
    ext2_filsys fs;
    struct blocks blocks;
    int64_t now; /* epoch seconds: for entries without a time in the archive */
    int kept_fd; /* ext4_keep(); -1: none */
};

struct ext4_spec {
    int fd; /* emptied, then grown to size_bytes; sparse */
    int64_t size_bytes;
    uint8_t uuid[16]; /* also seeds the directory hash */
    int64_t now;
};

bool ext4_create(struct ext4 *e, const struct ext4_spec *spec, struct pyro_error *err) MUST_CHECK;
/* How many inodes a tree may have. */
size_t ext4_inodes_max(const struct ext4 *e);
/*
 * Takes blocks at the places where another image of the same layout has them, before any other is
 * taken; `runs` gets sorted. Those that inodes with .is_kept have in the end are copied from it, a
 * borrowed descriptor, when the tree is written. PYRO_IO: the layout is another, or one is there twice.
 */
bool ext4_keep(struct ext4 *e, int fd, struct run *runs, size_t count,
               struct pyro_error *err) MUST_CHECK;
/* Lays out and writes all directories, links and inodes. The tree's inodes get their numbers. */
bool ext4_write_tree(struct ext4 *e, struct tree *t, struct pyro_error *err) MUST_CHECK;
/* Writes the rest (not synced to the disk). */
bool ext4_close(struct ext4 *e, struct pyro_error *err) MUST_CHECK;
/* Frees an abandoned image; no effect after ext4_close. */
void ext4_release(struct ext4 *e);

/* libext2fs's error as a pyro_error; "no space" where that is the cause. */
bool ext4_fail(struct pyro_error *err, errcode_t code, const char *what);

/* Parts of ext4_write_tree, each over all living inodes in the order of their numbers. */
struct inode_list {
    struct inode **items;
    size_t count;
};
/* Copies what kept inodes have, if there are any. ext4_kept.c */
bool ext4_copy_kept(struct ext4 *e, const struct inode_list *all,
                    struct pyro_error *err) MUST_CHECK;
/* Gives each directory its blocks. ext4_directories.c */
bool ext4_write_directories(struct ext4 *e, const struct inode_list *all,
                            struct pyro_error *err) MUST_CHECK;
/* Fills i_block with the inode's extents; ret_tree_blocks: those taken for index and leaves, whose
 * places are appended to *ret_taken. ext4_extents.c */
bool ext4_write_extents(struct ext4 *e, const struct inode *i, uint32_t i_block[15],
                        uint32_t *ret_tree_blocks, struct pyro_error *err) MUST_CHECK;

#endif
