/* engine/image/view/scrub.c: removing files through libext2fs. */
#include "engine/image/view/scrub.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/image/view/view.h"
#include "vmm/base/cleanup.h"

#define GRAIN_BYTES 4096
#define SCRUB_ENTRIES_MAX 100000

/* ---- what a mount does ---- */

/* Frees an inode that no longer has a name, and its blocks. */
static errcode_t release_inode(ext2_filsys fs, ext2_ino_t number, struct ext2_inode *inode)
{
    bool directory = S_ISDIR(inode->i_mode);
    errcode_t code = 0;

    if (ext2fs_inode_has_valid_blocks2(fs, inode))
        code = ext2fs_punch(fs, number, NULL, NULL, 0, ~0ULL);
    if (!code)
        code = ext2fs_free_ext_attr(fs, number, NULL);
    if (!code)
        code = ext2fs_read_inode(fs, number, inode);
    if (code)
        return code;
    inode->i_links_count = 0;
    inode->i_dtime = (uint32_t)fs->super->s_wtime;
    code = ext2fs_write_inode(fs, number, inode);
    if (!code)
        ext2fs_inode_alloc_stats2(fs, number, -1, directory);
    return code;
}

/* One that has a name was being truncated to its size. */
static errcode_t finish_truncate(ext2_filsys fs, ext2_ino_t number, struct ext2_inode *inode)
{
    uint64_t blocks = (EXT2_I_SIZE(inode) + fs->blocksize - 1) / fs->blocksize;
    errcode_t code = 0;

    inode->i_dtime = 0;
    code = ext2fs_write_inode(fs, number, inode);
    if (!code && ext2fs_inode_has_valid_blocks2(fs, inode))
        code = ext2fs_punch(fs, number, NULL, NULL, blocks, ~0ULL);
    return code;
}

/* Files removed while open, or being truncated: a list through i_dtime, of the guest's making. */
static errcode_t free_orphans(ext2_filsys fs)
{
    ext2_ino_t number = fs->super->s_last_orphan;
    errcode_t code = 0;

    fs->super->s_last_orphan = 0;
    for (uint32_t i = 0; !code && number; i++) {
        struct ext2_inode inode;
        ext2_ino_t at = number;
        if (at < EXT2_FIRST_INODE(fs->super) || at > fs->super->s_inodes_count ||
            i > fs->super->s_inodes_count || !ext2fs_test_inode_bitmap2(fs->inode_map, at))
            return EXT2_ET_BAD_INODE_NUM;
        code = ext2fs_read_inode(fs, at, &inode);
        if (code)
            break;
        number = inode.i_dtime;
        code =
            inode.i_links_count ? finish_truncate(fs, at, &inode) : release_inode(fs, at, &inode);
    }
    return code;
}

errcode_t scrub_settle(ext2_filsys fs)
{
    errcode_t code = free_orphans(fs);
    blk64_t blocks = 0;
    uint32_t inodes = 0;

    if (code)
        return code;
    for (dgrp_t g = 0; g < fs->group_desc_count; g++) {
        blocks += ext2fs_bg_free_blocks_count(fs, g);
        inodes += ext2fs_bg_free_inodes_count(fs, g);
    }
    ext2fs_free_blocks_count_set(fs->super, blocks);
    fs->super->s_free_inodes_count = inodes;
    fs->super->s_feature_incompat &= ~(uint32_t)EXT3_FEATURE_INCOMPAT_RECOVER;
    ext2fs_mark_super_dirty(fs);
    return 0;
}

/* ---- removing ---- */

/* The entries to remove, parents before their content. */
struct doomed {
    ext2_ino_t inode, parent;
    char name[VIEW_NAME_MAX + 1];
};

struct scrub {
    ext2_filsys fs;
    struct doomed *list;
    size_t count;
    ext2_ino_t parent;   /* whose entries come now */
    const char *pattern; /* that they must match; NULL: all of them */
    const struct scrub_told *told;
    errcode_t code;
    char zeros[GRAIN_BYTES * 16];
};

static bool is_wanted(const struct scrub *s, const char *name)
{
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           (!s->pattern || fnmatch(s->pattern, name, 0) == 0);
}

static int scrub_collect(struct ext2_dir_entry *d, int offset UNUSED, int block_size UNUSED,
                         char *block UNUSED, void *arg)
{
    struct scrub *s = arg;
    struct doomed one = { .inode = d->inode, .parent = s->parent };

    memcpy(one.name, d->name, (size_t)ext2fs_dirent_name_len(d));
    if (!is_wanted(s, one.name))
        return 0;
    if (s->count == SCRUB_ENTRIES_MAX) {
        s->code = EXT2_ET_DIR_CORRUPTED;
        return DIRENT_ABORT;
    }
    s->list[s->count++] = one;
    return 0;
}

static errcode_t collect_below(struct scrub *s, ext2_ino_t directory, const char *pattern)
{
    errcode_t code;

    s->parent = directory;
    s->pattern = pattern;
    code = ext2fs_dir_iterate(s->fs, directory, 0, NULL, scrub_collect, s);
    return code ? code : s->code;
}

static int scrub_wipe(ext2_filsys fs, blk64_t *block, e2_blkcnt_t count UNUSED,
                      blk64_t parent UNUSED, int offset UNUSED, void *arg)
{
    struct scrub *s = arg;

    s->code = io_channel_write_blk64(fs->io, *block, 1, s->zeros);
    return s->code ? BLOCK_ABORT : 0;
}

/* Frees an inode that no longer has a name, its content gone for good. */
static errcode_t free_inode(struct scrub *s, ext2_ino_t number, struct ext2_inode *inode)
{
    errcode_t code = 0;

    if (ext2fs_inode_has_valid_blocks2(s->fs, inode))
        code = ext2fs_block_iterate3(s->fs, number, BLOCK_FLAG_READ_ONLY | BLOCK_FLAG_DATA_ONLY,
                                     NULL, scrub_wipe, s);
    if (!code)
        code = s->code;
    return code ? code : release_inode(s->fs, number, inode);
}

static errcode_t remove_one(struct scrub *s, const struct doomed *d)
{
    struct ext2_inode inode, parent;
    errcode_t code = ext2fs_read_inode(s->fs, d->inode, &inode);

    if (!code)
        code = ext2fs_unlink(s->fs, d->parent, d->name, d->inode, 0);
    if (!code && S_ISDIR(inode.i_mode)) {
        code = ext2fs_read_inode(s->fs, d->parent, &parent);
        if (!code && parent.i_links_count > 2) {
            parent.i_links_count--;
            code = ext2fs_write_inode(s->fs, d->parent, &parent);
        }
        inode.i_links_count = 1;
    }
    if (code)
        return code;
    if (inode.i_links_count <= 1)
        return free_inode(s, d->inode, &inode);
    inode.i_links_count--;
    return ext2fs_write_inode(s->fs, d->inode, &inode);
}

/* Drops those of the first level that are links: what they name is elsewhere, and not a secret. */
static errcode_t drop_links(struct scrub *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->count; i++) {
        struct ext2_inode inode;
        errcode_t code = ext2fs_read_inode(s->fs, s->list[i].inode, &inode);
        if (code)
            return code;
        if (!S_ISLNK(inode.i_mode))
            s->list[kept++] = s->list[i];
    }
    s->count = kept;
    return 0;
}

static errcode_t remove_all(struct scrub *s, ext2_ino_t directory, const char *pattern)
{
    errcode_t code = collect_below(s, directory, pattern);

    if (!code)
        code = drop_links(s);
    for (size_t i = 0; !code && s->told && i < s->count; i++)
        s->told->removed(s->told->arg, s->list[i].name);
    for (size_t i = 0; !code && i < s->count; i++) {
        struct ext2_inode inode;
        code = ext2fs_read_inode(s->fs, s->list[i].inode, &inode);
        if (!code && S_ISDIR(inode.i_mode))
            code = collect_below(s, s->list[i].inode, NULL);
    }
    for (size_t i = s->count; !code && i > 0; i--)
        code = remove_one(s, &s->list[i - 1]);
    return code;
}

errcode_t scrub_remove(ext2_filsys fs, ext2_ino_t directory, const char *pattern,
                       const struct scrub_told *told)
{
    struct scrub *s = calloc(1, sizeof(*s));
    errcode_t code = EXT2_ET_NO_MEMORY;

    if (s)
        s->list = calloc(SCRUB_ENTRIES_MAX, sizeof(*s->list));
    if (s && s->list) {
        s->fs = fs;
        s->told = told;
        code = fs->blocksize > sizeof(s->zeros) ? EXT2_ET_UNIMPLEMENTED
                                                : remove_all(s, directory, pattern);
    }
    if (s)
        free(s->list);
    free(s);
    return code;
}
