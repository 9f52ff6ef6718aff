/* Changing a file system that is open for writing, of the guest's making: what a mount would set
 * right, and taking files out of it with their content. Within this directory only. */
#ifndef PYRO_IMAGE_SCRUB_H
#define PYRO_IMAGE_SCRUB_H

#include <ext2fs/ext2fs.h>

/*
 * Does what a mount does after the journal's blocks are in place: frees files that were removed while
 * open, clears the flag, and sums the totals from the groups, because an unmount alone writes them.
 * The bitmaps have been read.
 */
errcode_t scrub_settle(ext2_filsys fs);

/*
 * Removes the entries of a directory that match a pattern of fnmatch(3), links apart, directories
 * with all below them; the blocks of those that have no other name are zeroed. `told` (may be NULL)
 * is called with the name of each.
 */
struct scrub_told {
    void (*removed)(void *arg, const char *name);
    void *arg;
};
errcode_t scrub_remove(ext2_filsys fs, ext2_ino_t directory, const char *pattern,
                       const struct scrub_told *told);

#endif
