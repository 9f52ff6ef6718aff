/*
 * An image of an environment that is installed, as the lower layers of another: its names and inodes
 * come back into the tree, and its files' blocks keep their places (ext4_keep()). What comes of it is
 * what its layers would give once more.
 */
#ifndef PYRO_IMAGE_BASE_IMAGE_H
#define PYRO_IMAGE_BASE_IMAGE_H

#include "engine/image/ext4/ext4.h"

struct base_image {
    int fd;                      /* only read; borrowed until the new one is finished */
    const char *const *supplied; /* what root_complete() had to make: it is left out */
    size_t supplied_count;
};

/*
 * Into an image and a tree that are new. PYRO_IO: it is damaged, or another than ext4_write_tree()
 * would make of that size.
 */
bool base_image_take(const struct base_image *base, struct ext4 *e, struct tree *t,
                     struct pyro_error *err) MUST_CHECK;

#endif
