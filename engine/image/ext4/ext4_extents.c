/*
 * engine/image/ext4/ext4_extents.c: where a file's blocks are. Up to four extents are in the inode
 * itself; more make a tree that is built from its leaves upward, because all of them are known
 * (https://www.kernel.org/doc/html/latest/filesystems/ext4/ifork.html).
 */
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

#include <ext2fs/ext3_extents.h>

#include "engine/image/ext4/ext4.h"
#include "vmm/base/buf.h"

#define IN_INODE 4
#define TAIL_BYTES 4 /* the checksum */
#define IN_BLOCK ((BLOCK_BYTES - sizeof(struct ext3_extent_header) - TAIL_BYTES) / 12)
#define LENGTH_MAX EXT_INIT_MAX_LEN

_Static_assert(sizeof(struct ext3_extent) == 12 && sizeof(struct ext3_extent_idx) == 12,
               "leaf and index entries are alike in size");

struct pieces {
    struct run *items; /* leaves: extents; above: .logical and .physical of the node below */
    size_t count;
};

static void put_node(void *at, const struct run *items, size_t count, unsigned capacity,
                     unsigned depth)
{
    struct ext3_extent_header *header = at;

    *header = (struct ext3_extent_header){ .eh_magic = EXT3_EXT_MAGIC,
                                           .eh_entries = (uint16_t)count,
                                           .eh_max = (uint16_t)capacity,
                                           .eh_depth = (uint16_t)depth };
    for (size_t i = 0; i < count; i++) {
        if (depth == 0)
            ((struct ext3_extent *)(header + 1))[i] =
                (struct ext3_extent){ .ee_block = items[i].logical,
                                      .ee_len = (uint16_t)items[i].length,
                                      .ee_start_hi = (uint16_t)(items[i].physical >> 32),
                                      .ee_start = (uint32_t)items[i].physical };
        else
            ((struct ext3_extent_idx *)(header + 1))[i] =
                (struct ext3_extent_idx){ .ei_block = items[i].logical,
                                          .ei_leaf = (uint32_t)items[i].physical,
                                          .ei_leaf_hi = (uint16_t)(items[i].physical >> 32) };
    }
}

static void seal(const struct ext4 *e, uint32_t number, char *block)
{
    size_t covered = sizeof(struct ext3_extent_header) + IN_BLOCK * 12;
    uint8_t le[8] = { 0 }; /* number, generation 0 */
    uint32_t crc;

    put_u32(le, number);
    crc = ext2fs_crc32c_le(e->fs->csum_seed, le, sizeof(le));
    crc = ext2fs_crc32c_le(crc, (const unsigned char *)block, covered);
    put_u32((uint8_t *)block + covered, crc);
}

/* Runs may be longer than an extent can be. */
static bool split_runs(const struct inode *i, struct pieces *ret, struct pyro_error *err)
{
    size_t count = 0, n = 0;

    for (uint32_t r = 0; r < i->run_count; r++)
        count += (i->runs[r].length + LENGTH_MAX - 1) / LENGTH_MAX;
    ret->items = malloc((count ? count : 1) * sizeof(*ret->items));
    if (!ret->items)
        return pyro_no_memory(err, NULL);
    for (uint32_t r = 0; r < i->run_count; r++) {
        struct run left = i->runs[r];
        while (left.length) {
            uint32_t length = left.length < LENGTH_MAX ? left.length : LENGTH_MAX;
            ret->items[n++] = (struct run){ left.logical, length, left.physical };
            left.logical += length;
            left.physical += length;
            left.length -= length;
        }
    }
    ret->count = count;
    return true;
}

/* Writes one level into blocks; the entries that point to them take its place. */
static bool write_level(struct ext4 *e, uint32_t number, struct pieces *p, unsigned depth,
                        uint32_t *tree_blocks, struct pyro_error *err)
{
    size_t above = 0;

    for (size_t at = 0; at < p->count; at += IN_BLOCK) {
        size_t count = p->count - at < IN_BLOCK ? p->count - at : IN_BLOCK;
        _Alignas(8) char block[BLOCK_BYTES] = { 0 };
        uint64_t physical;
        uint32_t one;
        if (!blocks_take(&e->blocks, 1, &physical, &one, err))
            return false;
        put_node(block, p->items + at, count, IN_BLOCK, depth);
        seal(e, number, block);
        if (!blocks_write(&e->blocks, physical, block, 1, err))
            return false;
        ext2fs_block_alloc_stats_range(e->fs, physical, 1, +1);
        p->items[above++] = (struct run){ .logical = p->items[at].logical, .physical = physical };
        ++*tree_blocks;
    }
    p->count = above;
    return true;
}

bool ext4_write_extents(struct ext4 *e, const struct inode *i, uint32_t i_block[15],
                        uint32_t *ret_tree_blocks, struct pyro_error *err)
{
    struct pieces p = { 0 };
    unsigned depth = 0;
    bool ok = split_runs(i, &p, err);

    *ret_tree_blocks = 0;
    while (ok && p.count > IN_INODE)
        ok = write_level(e, i->number, &p, depth++, ret_tree_blocks, err);
    if (ok)
        put_node(i_block, p.items, p.count, IN_INODE, depth);
    free(p.items);
    return ok;
}
