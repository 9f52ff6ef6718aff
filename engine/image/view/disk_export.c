/*
 * engine/image/view/disk_export.c: copying a disk out, and scrubbing it.
 *
 * /run/pyro-… holds secrets and is on a tmpfs of the running machine, never on the disk, unless a
 * guest put such a file there itself. Then it is removed from the copy, and its blocks are zeroed.
 */
#include "engine/image/view/disk_export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ext2fs/ext2fs.h>

#include "engine/image/ext4/ext4.h"
#include "engine/image/view/disk_list.h"
#include "engine/image/view/journal.h"
#include "engine/image/view/view.h"
#include "vmm/base/fs.h"

#define CHUNK_BYTES (1024 * 1024)
#define GRAIN_BYTES 4096 /* a hole is at least this */
#define SCRUB_ENTRIES_MAX 100000

/* ---- the copy ---- */

/* Writes everything but zeros. */
static bool write_sparse(int fd, const char *bytes, size_t n, uint64_t at, struct pyro_error *err)
{
    size_t from = 0;

    while (from < n) {
        size_t to = from;
        while (to < n && !bytes_are_zero(bytes + to, n - to < GRAIN_BYTES ? n - to : GRAIN_BYTES))
            to += n - to < GRAIN_BYTES ? n - to : GRAIN_BYTES;
        if (!fs_pwrite_all(fd, bytes + from, to - from, (off_t)(at + from)))
            return pyro_fail_errno(err, "write the image");
        from = to + (to < n ? (n - to < GRAIN_BYTES ? n - to : GRAIN_BYTES) : 0);
    }
    return true;
}

static bool copy(struct disk_version d, int fd, struct pyro_error *err)
{
    scoped_free char *chunk = malloc(CHUNK_BYTES);
    uint64_t size = chain_size_bytes(d.chain);
    struct chain_stretch s;

    if (!chunk)
        return pyro_no_memory(err, NULL);
    if (ftruncate(fd, (off_t)size) != 0)
        return pyro_fail_errno(err, "size the image");
    for (uint64_t at = 0; at < size; at += s.bytes) {
        if (!chain_map(d, at, &s, err))
            return false;
        for (uint64_t done = 0; !s.zero && done < s.bytes;) {
            size_t part = s.bytes - done < CHUNK_BYTES ? (size_t)(s.bytes - done) : CHUNK_BYTES;
            if (!chain_read(d, at + done, chunk, part, err) ||
                !write_sparse(fd, chunk, part, at + done, err))
                return false;
            done += part;
        }
    }
    return true;
}

/* ---- the journal ---- */

static errcode_t open_copy(int fd, ext2_filsys *ret);

static bool disk_export_put_block(void *arg, uint64_t at, const void *bytes, size_t n,
                                  struct pyro_error *err)
{
    return fs_pwrite_all(*(const int *)arg, bytes, n, (off_t)at) ||
           pyro_fail_errno(err, "write the image");
}

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

/* Does what a mount does after the replay: frees the orphans, clears the flag, and sums the totals
 * from the groups, because an unmount alone writes them. */
static errcode_t mark_replayed(int fd)
{
    ext2_filsys fs = NULL;
    errcode_t code = open_copy(fd, &fs);
    blk64_t blocks = 0;
    uint32_t inodes = 0;

    if (!code)
        code = free_orphans(fs);
    if (code) {
        if (fs)
            ext2fs_free(fs);
        return code;
    }
    for (dgrp_t g = 0; g < fs->group_desc_count; g++) {
        blocks += ext2fs_bg_free_blocks_count(fs, g);
        inodes += ext2fs_bg_free_inodes_count(fs, g);
    }
    ext2fs_free_blocks_count_set(fs->super, blocks);
    fs->super->s_free_inodes_count = inodes;
    fs->super->s_feature_incompat &= ~(uint32_t)EXT3_FEATURE_INCOMPAT_RECOVER;
    ext2fs_mark_super_dirty(fs);
    code = ext2fs_close2(fs, EXT2_FLAG_FLUSH_NO_SYNC);
    if (code)
        ext2fs_free(fs);
    return code;
}

static bool replay(const struct journal *j, int fd, struct pyro_error *err)
{
    errcode_t code;

    if (!journal_each(j, disk_export_put_block, &fd, err))
        return false;
    code = mark_replayed(fd);
    return !code || ext4_fail(err, code, "replay the journal");
}

/* ---- scrubbing ---- */

/* The entries to remove, parents before their content. */
struct doomed {
    ext2_ino_t inode, parent;
    char name[VIEW_NAME_MAX + 1];
};

struct scrub {
    ext2_filsys fs;
    struct doomed *list;
    size_t count;
    ext2_ino_t parent; /* whose entries come now */
    const char *prefix;
    errcode_t code;
    char zeros[GRAIN_BYTES * 16];
};

static int disk_export_collect(struct ext2_dir_entry *d, int offset UNUSED, int block_size UNUSED,
                               char *block UNUSED, void *arg)
{
    struct scrub *s = arg;
    size_t n = (size_t)ext2fs_dirent_name_len(d);
    struct doomed *one;

    if ((n == 1 && d->name[0] == '.') || (n == 2 && !memcmp(d->name, "..", 2)) ||
        n < strlen(s->prefix) || memcmp(d->name, s->prefix, strlen(s->prefix)) != 0)
        return 0;
    if (s->count == SCRUB_ENTRIES_MAX) {
        s->code = EXT2_ET_DIR_CORRUPTED;
        return DIRENT_ABORT;
    }
    one = &s->list[s->count++];
    *one = (struct doomed){ .inode = d->inode, .parent = s->parent };
    memcpy(one->name, d->name, n);
    return 0;
}

static errcode_t collect_below(struct scrub *s, ext2_ino_t directory, const char *prefix)
{
    errcode_t code;

    s->parent = directory;
    s->prefix = prefix;
    code = ext2fs_dir_iterate(s->fs, directory, 0, NULL, disk_export_collect, s);
    return code ? code : s->code;
}

static int disk_export_wipe(ext2_filsys fs, blk64_t *block, e2_blkcnt_t count UNUSED,
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
                                     NULL, disk_export_wipe, s);
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

static errcode_t remove_all(struct scrub *s, ext2_ino_t run)
{
    errcode_t code = collect_below(s, run, DISK_PRIVATE_NAME);

    for (size_t i = 0; !code && i < s->count; i++) {
        struct ext2_inode inode;
        code = ext2fs_read_inode(s->fs, s->list[i].inode, &inode);
        if (!code && S_ISDIR(inode.i_mode))
            code = collect_below(s, s->list[i].inode, "");
    }
    for (size_t i = s->count; !code && i > 0; i--)
        code = remove_one(s, &s->list[i - 1]);
    return code;
}

static errcode_t open_copy(int fd, ext2_filsys *ret)
{
    int own_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3); /* libext2fs closes it */
    char name[16];
    errcode_t code;

    if (own_fd < 0)
        return errno;
    snprintf(name, sizeof(name), "%d", own_fd);
    code = ext2fs_open2(name, NULL, EXT2_FLAG_RW | EXT2_FLAG_64BITS, 0, 0, unixfd_io_manager, ret);
    if (!code)
        code = ext2fs_read_bitmaps(*ret);
    return code;
}

static bool scrub(int fd, ext2_ino_t run, struct pyro_error *err)
{
    struct scrub *s = calloc(1, sizeof(*s));
    errcode_t code;

    if (s)
        s->list = calloc(SCRUB_ENTRIES_MAX, sizeof(*s->list));
    if (!s || !s->list) {
        free(s);
        return pyro_no_memory(err, NULL);
    }
    code = open_copy(fd, &s->fs);
    if (!code && s->fs->blocksize > sizeof(s->zeros))
        code = EXT2_ET_UNIMPLEMENTED;
    if (!code)
        code = remove_all(s, run);
    if (!code) {
        code = ext2fs_close2(s->fs, EXT2_FLAG_FLUSH_NO_SYNC);
        s->fs = code ? s->fs : NULL;
    }
    if (s->fs)
        ext2fs_free(s->fs);
    free(s->list);
    free(s);
    return !code || ext4_fail(err, code, "take /run/pyro-* out of the image");
}

static bool disk_export_is_public(void *arg UNUSED, const char *name, size_t length,
                                  uint32_t inode UNUSED, mode_t type UNUSED)
{
    return length < strlen(DISK_PRIVATE_NAME) ||
           memcmp(name, DISK_PRIVATE_NAME, strlen(DISK_PRIVATE_NAME)) != 0;
}

/* The inode of /run if there is anything to scrub in it, else 0. */
static bool find_private(struct view *v, uint32_t *ret_run, struct pyro_error *err)
{
    struct view_inode run;
    bool all = true;
    bool ok = view_lookup(v, VIEW_ROOT, "run", 3, ret_run, err);

    if (ok && *ret_run)
        ok = view_stat(v, *ret_run, &run, err) &&
             (!S_ISDIR(run.mode) || view_each(v, *ret_run, disk_export_is_public, NULL, &all, err));
    if (all)
        *ret_run = 0;
    return ok;
}

bool disk_export(struct disk_version d, int fd, struct pyro_error *err)
{
    const struct journal *journal;
    uint32_t run = 0;
    struct view *v;
    bool ok;

    if (!view_open(d, &v, err))
        return false;
    journal = view_journal(v);
    ok = find_private(v, &run, err) && copy(d, fd, err) && (!journal || replay(journal, fd, err)) &&
         (!run || scrub(fd, run, err));
    view_free(v);
    return ok;
}
