/* engine/image/ext4/ext4.c: an empty file system, and closing a full one. */
#include "engine/image/ext4/ext4.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define INODE_BYTES 256
#define BYTES_PER_INODE 16384 /* mke2fs.conf: inode_ratio */
#define GROUPS_PER_FLEX_LOG 4
#define EXTRA_ISIZE 32
#define JOURNAL_ANYWHERE (~0ULL)

bool ext4_fail(struct pyro_error *err, errcode_t code, const char *what)
{
    if (code == EXT2_ET_BLOCK_ALLOC_FAIL || code == EXT2_ET_INODE_ALLOC_FAIL)
        return pyro_fail(err, PYRO_NO_SPACE, "%s: the image is full", what);
    if (code == ENOSPC || code == EDQUOT)
        return pyro_fail(err, PYRO_NO_SPACE, "%s: %s", what, strerror((int)code));
    if (code == EXT2_ET_NO_MEMORY || code == ENOMEM)
        return pyro_no_memory(err, what);
    return pyro_fail(err, PYRO_IO, "%s: %s", what, error_message(code));
}

static void describe(struct ext2_super_block *s, int64_t size_bytes)
{
    uint64_t blocks = (uint64_t)size_bytes / BLOCK_BYTES;

    memset(s, 0, sizeof(*s));
    s->s_rev_level = EXT2_DYNAMIC_REV;
    s->s_log_block_size = 2;
    s->s_log_cluster_size = 2;
    ext2fs_blocks_count_set(s, blocks);
    s->s_inodes_count = (uint32_t)((uint64_t)size_bytes / BYTES_PER_INODE);
    s->s_inode_size = INODE_BYTES;
    s->s_min_extra_isize = s->s_want_extra_isize = EXTRA_ISIZE;
    s->s_log_groups_per_flex = GROUPS_PER_FLEX_LOG;
    s->s_max_mnt_count = -1;
    s->s_feature_compat = EXT2_FEATURE_COMPAT_DIR_INDEX | EXT2_FEATURE_COMPAT_EXT_ATTR |
                          EXT2_FEATURE_COMPAT_RESIZE_INODE;
    s->s_feature_incompat = EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_EXTENTS |
                            EXT4_FEATURE_INCOMPAT_64BIT | EXT4_FEATURE_INCOMPAT_FLEX_BG;
    s->s_feature_ro_compat = EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER |
                             EXT2_FEATURE_RO_COMPAT_LARGE_FILE | EXT4_FEATURE_RO_COMPAT_HUGE_FILE |
                             EXT4_FEATURE_RO_COMPAT_DIR_NLINK | EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE |
                             EXT4_FEATURE_RO_COMPAT_METADATA_CSUM;
}

static void identify(ext2_filsys fs, const uint8_t uuid[16])
{
    struct ext2_super_block *s = fs->super;

    memcpy(s->s_uuid, uuid, sizeof(s->s_uuid));
    memcpy(s->s_hash_seed, uuid, sizeof(s->s_hash_seed));
    s->s_checksum_type = EXT2_CRC32C_CHKSUM;
    s->s_def_hash_version = EXT2_HASH_HALF_MD4;
    s->s_flags |= EXT2_FLAGS_SIGNED_HASH;
    s->s_default_mount_opts = EXT2_DEFM_XATTR_USER | EXT2_DEFM_ACL;
    ext2fs_init_csum_seed(fs);
}

/* A new file's tables are zero: no kernel needs to write them again. */
static void mark_tables_zero(ext2_filsys fs)
{
    for (dgrp_t g = 0; g < fs->group_desc_count; g++) {
        ext2fs_bg_flags_set(fs, g, EXT2_BG_INODE_ZEROED);
        ext2fs_group_desc_csum_set(fs, g);
    }
}

static errcode_t add_reserved(ext2_filsys fs)
{
    int journal_blocks = ext2fs_default_journal_size(ext2fs_blocks_count(fs->super));
    errcode_t code;

    for (ext2_ino_t i = EXT2_BAD_INO; i < EXT2_FIRST_INODE(fs->super); i++)
        ext2fs_inode_alloc_stats2(fs, i, +1, i == EXT2_ROOT_INO);
    code = ext2fs_create_resize_inode(fs);
    if (code || journal_blocks <= 0)
        return code ? code : EXT2_ET_JOURNAL_TOO_SMALL;
    return ext2fs_add_journal_inode2(fs, (blk_t)journal_blocks, JOURNAL_ANYWHERE,
                                     EXT2_MKJOURNAL_LAZYINIT | EXT2_MKJOURNAL_NO_MNT_CHECK);
}

/* Everything the file system itself did not take is free. */
static bool list_free(struct ext4 *e, struct pyro_error *err)
{
    blk64_t end = ext2fs_blocks_count(e->fs->super) - 1, at = e->fs->super->s_first_data_block;

    while (at <= end) {
        blk64_t from, to;
        if (ext2fs_find_first_zero_block_bitmap2(e->fs->block_map, at, end, &from) != 0)
            return true;
        if (ext2fs_find_first_set_block_bitmap2(e->fs->block_map, from, end, &to) != 0)
            to = end + 1;
        if (!blocks_add_free(&e->blocks, from, to - from, err))
            return false;
        at = to;
    }
    return true;
}

static errcode_t make_file_system(struct ext4 *e, const struct ext4_spec *spec)
{
    struct ext2_super_block super;
    int own_fd = fcntl(spec->fd, F_DUPFD_CLOEXEC, 3); /* libext2fs closes it */
    char fd_name[16];
    errcode_t code;

    if (own_fd < 0)
        return errno;
    describe(&super, spec->size_bytes);
    snprintf(fd_name, sizeof(fd_name), "%d", own_fd);
    code = ext2fs_initialize(fd_name, EXT2_FLAG_64BITS, &super, unixfd_io_manager, &e->fs);
    if (code)
        return code;
    e->fs->now = spec->now;
    e->fs->super->s_mkfs_time = e->fs->super->s_lastcheck = (uint32_t)spec->now;
    identify(e->fs, spec->uuid);
    code = ext2fs_allocate_tables(e->fs);
    if (code)
        return code;
    mark_tables_zero(e->fs);
    return add_reserved(e->fs);
}

bool ext4_create(struct ext4 *e, const struct ext4_spec *spec, struct pyro_error *err)
{
    errcode_t code;

    memset(e, 0, sizeof(*e));
    e->now = spec->now;
    e->kept_fd = -1;
    if (spec->size_bytes < EXT4_SIZE_MIN || spec->size_bytes > EXT4_SIZE_MAX ||
        spec->size_bytes % BLOCK_BYTES)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "an image of %lld bytes cannot be made",
                         (long long)spec->size_bytes);
    if (ftruncate(spec->fd, 0) != 0 || ftruncate(spec->fd, spec->size_bytes) != 0)
        return pyro_fail_errno(err, "size the image");
    initialize_ext2_error_table();
    code = make_file_system(e, spec);
    if (code) {
        ext4_release(e);
        return ext4_fail(err, code, "make a file system");
    }
    if (!blocks_init(&e->blocks, spec->fd, ext2fs_blocks_count(e->fs->super), err) ||
        !list_free(e, err)) {
        ext4_release(e);
        return false;
    }
    return true;
}

size_t ext4_inodes_max(const struct ext4 *e)
{
    /* One of the usable ones is lost+found's, whether the archive has it or not. */
    return e->fs->super->s_inodes_count - EXT2_FIRST_INODE(e->fs->super);
}

bool ext4_close(struct ext4 *e, struct pyro_error *err)
{
    errcode_t code;

    if (!blocks_flush(&e->blocks, err))
        return false;
    ext2fs_mark_super_dirty(e->fs);
    ext2fs_mark_bb_dirty(e->fs);
    ext2fs_mark_ib_dirty(e->fs);
    e->fs->super->s_state |= EXT2_VALID_FS;
    code = ext2fs_close2(e->fs, EXT2_FLAG_FLUSH_NO_SYNC);
    if (code)
        return ext4_fail(err, code, "finish the image");
    e->fs = NULL;
    blocks_release(&e->blocks);
    return true;
}

void ext4_release(struct ext4 *e)
{
    if (e->fs)
        ext2fs_free(e->fs);
    e->fs = NULL;
    blocks_release(&e->blocks);
}
