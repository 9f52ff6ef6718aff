/* engine/image/ext4/content.c: bytes into blocks. A block of zeros is a hole: it takes no space. */
#include "engine/image/ext4/content.h"

#include <string.h>

#include "vmm/base/fs.h"

void content_begin(struct content *c, struct blocks *blocks, struct inode *inode)
{
    c->blocks = blocks;
    c->inode = inode;
    c->end = 0;
    c->partial = false;
}

static bool put_blocks(struct content *c, uint32_t logical, const char *bytes, uint32_t count,
                       struct pyro_error *err)
{
    while (count) {
        uint64_t physical;
        uint32_t got;
        if (!blocks_take(c->blocks, count, &physical, &got, err))
            return false;
        /* The run first: a failure gives the blocks back. */
        if (!inode_add_run(c->inode, logical, physical, got, err) ||
            !blocks_write(c->blocks, physical, bytes, got, err))
            return false;
        logical += got;
        bytes += (size_t)got * BLOCK_BYTES;
        count -= got;
    }
    return true;
}

/* Whole blocks, leaving out zero ones. */
static bool put_whole(struct content *c, uint64_t logical, const char *bytes, size_t count,
                      struct pyro_error *err)
{
    size_t at = 0;

    while (at < count) {
        size_t from;
        while (at < count && bytes_are_zero(bytes + at * BLOCK_BYTES, BLOCK_BYTES))
            at++;
        from = at;
        while (at < count && !bytes_are_zero(bytes + at * BLOCK_BYTES, BLOCK_BYTES))
            at++;
        if (at > from && !put_blocks(c, (uint32_t)(logical + from), bytes + from * BLOCK_BYTES,
                                     (uint32_t)(at - from), err))
            return false;
    }
    return true;
}

static bool put_partial(struct content *c, uint64_t logical, struct pyro_error *err)
{
    if (!c->partial)
        return true;
    c->partial = false;
    return put_whole(c, logical, c->block, 1, err);
}

bool content_write(struct content *c, uint64_t offset, const void *bytes, size_t n,
                   struct pyro_error *err)
{
    const char *p = bytes;

    if (offset < c->end || offset > c->inode->size || n > c->inode->size - offset)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "its content does not fit its size");
    if (n && c->partial && offset / BLOCK_BYTES != c->end / BLOCK_BYTES &&
        !put_partial(c, c->end / BLOCK_BYTES, err))
        return false;
    while (n) {
        uint64_t logical = offset / BLOCK_BYTES;
        size_t in = offset % BLOCK_BYTES, part;
        if (in == 0 && n >= BLOCK_BYTES) {
            part = n / BLOCK_BYTES * BLOCK_BYTES;
            if (!put_whole(c, logical, p, part / BLOCK_BYTES, err))
                return false;
        } else {
            part = n < BLOCK_BYTES - in ? n : BLOCK_BYTES - in;
            if (!c->partial)
                memset(c->block, 0, sizeof(c->block));
            c->partial = true;
            memcpy(c->block + in, p, part);
            if (in + part == BLOCK_BYTES && !put_partial(c, logical, err))
                return false;
        }
        offset += part;
        p += part;
        n -= part;
        c->end = offset;
    }
    return true;
}

bool content_end(struct content *c, struct pyro_error *err)
{
    return put_partial(c, c->end / BLOCK_BYTES, err);
}
