/*
 * engine/image/view/view_changed.c: the inodes that differ between two layers of one disk. Only
 * blocks of inode tables that a layer between them has are read: of 20,000 files with three
 * touched, a few.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/image/view/view_private.h"

struct compare {
    struct view *now, *then;
    view_changed_fn *fn;
    void *arg;
    char *a, *b; /* a block each */
    bool ended;
};

/* Whether inode N is at the same place in both. */
static bool is_same_layout(const struct view *now, const struct view *then)
{
    const struct ext2_super_block *a = now->fs->super, *b = then->fs->super;

    if (now->fs->blocksize != then->fs->blocksize || a->s_inodes_count != b->s_inodes_count ||
        a->s_inodes_per_group != b->s_inodes_per_group || EXT2_INODE_SIZE(a) != EXT2_INODE_SIZE(b))
        return false;
    for (dgrp_t g = 0; g < now->fs->group_desc_count && g < then->fs->group_desc_count; g++)
        if (ext2fs_inode_table_loc(now->fs, g) != ext2fs_inode_table_loc(then->fs, g))
            return false;
    return now->fs->group_desc_count == then->fs->group_desc_count;
}

static void compare_block(struct compare *c, uint32_t first_inode)
{
    size_t size = EXT2_INODE_SIZE(c->now->fs->super);
    uint32_t count = c->now->fs->super->s_inodes_count;

    for (size_t at = 0; at + size <= c->now->fs->blocksize && !c->ended; at += size) {
        uint32_t number = first_inode + (uint32_t)(at / size);
        if (number <= count && memcmp(c->a + at, c->b + at, size) != 0)
            c->ended = !c->fn(c->arg, number);
    }
}

static bool compare_group(struct compare *c, dgrp_t group, struct pyro_error *err)
{
    ext2_filsys fs = c->now->fs;
    const struct journal *journal = c->now->source.journal;
    unsigned then = c->then->source.disk.top;
    uint32_t per_block = fs->blocksize / EXT2_INODE_SIZE(fs->super);
    blk64_t table = ext2fs_inode_table_loc(fs, group);

    for (blk64_t i = 0; i < fs->inode_blocks_per_group && !c->ended; i++) {
        uint64_t at = (table + i) * fs->blocksize;
        bool changed;
        if (!chain_is_changed(c->now->source.disk, then, at, fs->blocksize, &changed, err))
            return false;
        if (!changed && !(journal && journal_has(journal, at, fs->blocksize)))
            continue;
        if (!view_source_read(&c->now->source, at, c->a, fs->blocksize, err) ||
            !view_source_read(&c->then->source, at, c->b, fs->blocksize, err))
            return false;
        compare_block(c, group * fs->super->s_inodes_per_group + (uint32_t)i * per_block + 1);
    }
    return true;
}

bool view_each_changed(struct view *now, struct view *then, view_changed_fn *fn, void *arg,
                       struct pyro_error *err)
{
    struct compare c = { .now = now, .then = then, .fn = fn, .arg = arg };
    bool ok = true;

    if (!is_same_layout(now, then)) { /* created again, or resized: anything may be anywhere */
        for (uint32_t i = 1; i <= now->fs->super->s_inodes_count; i++)
            if (!fn(arg, i))
                break;
        return true;
    }
    c.a = malloc(now->fs->blocksize);
    c.b = malloc(now->fs->blocksize);
    if (!c.a || !c.b)
        ok = pyro_no_memory(err, NULL);
    for (dgrp_t g = 0; ok && g < now->fs->group_desc_count && !c.ended; g++)
        ok = compare_group(&c, g, err);
    free(c.a);
    free(c.b);
    return ok;
}
