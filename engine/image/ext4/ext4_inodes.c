/*
 * engine/image/ext4/ext4_inodes.c: from the tree to the inode table. Inodes are numbered directory
 * by directory, so that inodes read together are stored together; the table is written in one pass.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/image/ext4/ext4.h"

#define LOST_FOUND_INO 11
#define EXTRA_ISIZE 32
#define INODE_BYTES 256
#define FAST_TARGET_MAX 60 /* shorter targets are in the inode */
#define SECTORS_PER_BLOCK (BLOCK_BYTES / 512)
#define TIME_MIN INT32_MIN
#define TIME_MAX (((int64_t)3 << 32) + INT32_MAX)

static struct inode *lost_and_found(struct ext4 *e, struct tree *t, struct pyro_error *err)
{
    struct name *n = tree_find(t, "lost+found");
    struct inode *i;

    if (n && !S_ISDIR(n->inode->mode))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "lost+found is not a directory");
    if (n)
        return n->inode;
    i = tree_add_directory(t, t->root, "lost+found", strlen("lost+found"), err);
    if (i) {
        i->mode = S_IFDIR | 0700;
        i->mtime = e->now;
    }
    return i;
}

/* Breadth first; the list is its own queue of directories. */
static bool number_inodes(struct ext4 *e, struct tree *t, struct inode_list *ret,
                          struct pyro_error *err)
{
    struct inode *found = lost_and_found(e, t, err);
    uint32_t next = LOST_FOUND_INO + 1;

    if (!found)
        return false;
    ret->items = malloc(t->inodes * sizeof(struct inode *));
    if (!ret->items)
        return pyro_no_memory(err, NULL);
    t->root->number = EXT2_ROOT_INO;
    found->number = LOST_FOUND_INO;
    ret->items[0] = t->root;
    ret->items[1] = found;
    ret->count = 2;
    for (size_t at = 0; at < ret->count; at++) {
        for (struct name *n = ret->items[at]->first; n; n = n->next) {
            if (n->inode->number)
                continue;
            n->inode->number = next++;
            ret->items[ret->count++] = n->inode;
        }
    }
    return true;
}

/* A target that is too long for the inode takes a block. */
static bool write_target(struct ext4 *e, struct inode *i, struct pyro_error *err)
{
    char block[BLOCK_BYTES] = { 0 };
    uint64_t physical;
    uint32_t one;

    memcpy(block, i->target, i->size);
    return blocks_take(&e->blocks, 1, &physical, &one, err) &&
           blocks_write(&e->blocks, physical, block, 1, err) &&
           inode_add_run(i, 0, physical, 1, err);
}

static void set_time(int64_t seconds, uint32_t ns, uint32_t *ret_time, uint32_t *ret_extra)
{
    uint64_t epoch;

    seconds = seconds < TIME_MIN ? TIME_MIN : seconds > TIME_MAX ? TIME_MAX : seconds;
    epoch = (uint64_t)(seconds - (int32_t)seconds) >> 32 & 3;
    *ret_time = (uint32_t)seconds;
    *ret_extra = (uint32_t)epoch | (ns < 1000000000 ? ns : 0) << 2;
}

static void fill_common(const struct inode *i, struct ext2_inode_large *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->i_mode = (uint16_t)i->mode;
    ret->i_uid = (uint16_t)i->uid;
    ret->i_gid = (uint16_t)i->gid;
    ret->osd2.linux2.l_i_uid_high = (uint16_t)(i->uid >> 16);
    ret->osd2.linux2.l_i_gid_high = (uint16_t)(i->gid >> 16);
    ret->i_size = (uint32_t)i->size;
    ret->i_size_high = (uint32_t)(i->size >> 32);
    ret->i_extra_isize = EXTRA_ISIZE;
    set_time(i->mtime, i->mtime_ns, &ret->i_mtime, &ret->i_mtime_extra);
    ret->i_atime = ret->i_ctime = ret->i_crtime = ret->i_mtime;
    ret->i_atime_extra = ret->i_ctime_extra = ret->i_crtime_extra = ret->i_mtime_extra;
    ret->i_links_count = (uint16_t)i->links;
    if (S_ISDIR(i->mode)) /* "." and each child's ".."; beyond the limit: 1, "not counted" */
        ret->i_links_count =
            i->subdirectories + 2 > TREE_LINKS_MAX ? 1 : (uint16_t)(i->subdirectories + 2);
}

static void fill_device(const struct inode *i, uint32_t i_block[15])
{
    if (i->major < 256 && i->minor < 256)
        i_block[0] = i->major << 8 | i->minor;
    else
        i_block[1] = (i->minor & 0xff) | i->major << 8 | (i->minor & ~0xffu) << 12;
}

static bool fill_inode(struct ext4 *e, const struct inode *i, struct ext2_inode_large *ret,
                       struct pyro_error *err)
{
    uint32_t i_block[15] = { 0 }, tree_blocks = 0;
    uint64_t blocks = 0;

    fill_common(i, ret);
    if (S_ISREG(i->mode) || S_ISDIR(i->mode) || i->run_count) {
        if (!ext4_write_extents(e, i, i_block, &tree_blocks, err))
            return false;
        ret->i_flags = EXT4_EXTENTS_FL;
    } else if (S_ISLNK(i->mode)) {
        memcpy(i_block, i->target, i->size);
    } else if (S_ISCHR(i->mode) || S_ISBLK(i->mode)) {
        fill_device(i, i_block);
    }
    memcpy(ret->i_block, i_block, sizeof(i_block));
    for (uint32_t r = 0; r < i->run_count; r++)
        blocks += i->runs[r].length;
    blocks = (blocks + tree_blocks) * SECTORS_PER_BLOCK;
    ret->i_blocks = (uint32_t)blocks;
    ret->osd2.linux2.l_i_blocks_hi = (uint16_t)(blocks >> 32);
    return true;
}

static void count_inode(struct ext4 *e, const struct inode *i)
{
    if (i->number >= EXT2_FIRST_INODE(e->fs->super))
        ext2fs_inode_alloc_stats2(e->fs, i->number, +1, S_ISDIR(i->mode));
    for (uint32_t r = 0; r < i->run_count; r++)
        ext2fs_block_alloc_stats_range(e->fs, i->runs[r].physical, i->runs[r].length, +1);
}

/* One block of the inode table, kept until an inode of another block comes. */
struct table_block {
    uint64_t physical; /* 0: none yet */
    char bytes[BLOCK_BYTES];
};

static bool flush_table(struct ext4 *e, struct table_block *b, struct pyro_error *err)
{
    errcode_t code = 0;

    if (b->physical)
        code = io_channel_write_blk64(e->fs->io, b->physical, 1, b->bytes);
    return code ? ext4_fail(err, code, "write the inode table") : true;
}

static bool put_inode(struct ext4 *e, struct table_block *b, uint32_t number,
                      struct ext2_inode_large *inode, struct pyro_error *err)
{
    uint32_t per_group = e->fs->super->s_inodes_per_group, index = (number - 1) % per_group;
    uint64_t physical = ext2fs_inode_table_loc(e->fs, (number - 1) / per_group) +
                        index / (BLOCK_BYTES / INODE_BYTES);
    char *slot = b->bytes + index % (BLOCK_BYTES / INODE_BYTES) * INODE_BYTES;
    errcode_t code;

    if (physical != b->physical) {
        if (!flush_table(e, b, err))
            return false;
        code = io_channel_read_blk64(e->fs->io, physical, 1, b->bytes);
        if (code)
            return ext4_fail(err, code, "read the inode table");
        b->physical = physical;
    }
    /* The checksum covers the whole slot: the struct is shorter. */
    memset(slot, 0, INODE_BYTES);
    memcpy(slot, inode, sizeof(*inode));
    code = ext2fs_inode_csum_set(e->fs, number, (struct ext2_inode_large *)(void *)slot);
    return code ? ext4_fail(err, code, "write an inode") : true;
}

static bool write_table(struct ext4 *e, const struct inode_list *all, struct pyro_error *err)
{
    struct table_block *b = calloc(1, sizeof(*b));
    bool ok = b || pyro_no_memory(err, NULL);

    for (size_t i = 0; ok && i < all->count; i++) {
        struct ext2_inode_large inode;
        ok = fill_inode(e, all->items[i], &inode, err) &&
             put_inode(e, b, all->items[i]->number, &inode, err);
        if (ok)
            count_inode(e, all->items[i]);
    }
    ok = ok && flush_table(e, b, err);
    free(b);
    ext2fs_flush_icache(e->fs); /* it has read blocks of the table before they were written */
    return ok;
}

static errcode_t write_xattrs(struct ext4 *e, const struct inode *i)
{
    struct ext2_xattr_handle *h;
    errcode_t code = ext2fs_xattrs_open(e->fs, i->number, &h);

    if (code)
        return code;
    code = ext2fs_xattrs_read(h);
    for (const struct xattr *x = i->xattrs; !code && x; x = x->next)
        code = ext2fs_xattr_set(h, x->name, x->value, x->size);
    ext2fs_xattrs_close(&h);
    return code;
}

static bool write_all_xattrs(struct ext4 *e, const struct inode_list *all, struct pyro_error *err)
{
    for (size_t i = 0; i < all->count; i++) {
        errcode_t code = all->items[i]->xattrs ? write_xattrs(e, all->items[i]) : 0;
        if (code)
            return ext4_fail(err, code, "write extended attributes");
    }
    return true;
}

static bool write_targets(struct ext4 *e, const struct inode_list *all, struct pyro_error *err)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i]->target && all->items[i]->size >= FAST_TARGET_MAX &&
            !write_target(e, all->items[i], err))
            return false;
    return true;
}

bool ext4_write_tree(struct ext4 *e, struct tree *t, struct pyro_error *err)
{
    struct inode_list all = { 0 };
    bool ok = number_inodes(e, t, &all, err) && ext4_copy_kept(e, &all, err) &&
              ext4_write_directories(e, &all, err) && write_targets(e, &all, err) &&
              write_table(e, &all, err) && blocks_flush(&e->blocks, err) &&
              write_all_xattrs(e, &all, err);

    free(all.items);
    return ok;
}
