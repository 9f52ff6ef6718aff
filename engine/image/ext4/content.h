/* A file's content on its way into the image: blocks are taken as bytes come, holes take none. */
#ifndef PYRO_IMAGE_CONTENT_H
#define PYRO_IMAGE_CONTENT_H

#include "engine/image/ext4/blocks.h"
#include "engine/image/ext4/tree.h"

struct content {
    struct blocks *blocks;
    struct inode *inode; /* gets the runs; its size is known */
    uint64_t end;        /* of the bytes written so far */
    bool partial;        /* `block` holds the beginning of the block that `end` is in */
    char block[BLOCK_BYTES];
};

void content_begin(struct content *c, struct blocks *blocks, struct inode *inode);
/* Bytes at an offset not before earlier ones; within the inode's size. */
bool content_write(struct content *c, uint64_t offset, const void *bytes, size_t n,
                   struct pyro_error *err) MUST_CHECK;
bool content_end(struct content *c, struct pyro_error *err) MUST_CHECK;

#endif
