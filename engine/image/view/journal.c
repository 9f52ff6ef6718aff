/*
 * engine/image/view/journal.c: jbd2's recovery, without the writing. One pass over the log collects
 * blocks and revocations of each transaction, and forgets those of the last one when its commit
 * block is missing; then the newest copy of each block counts, unless it was revoked later.
 */
#include "engine/image/view/journal.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/big_endian.h"
#include "vmm/base/buf.h"
#include "vmm/base/cleanup.h"

#define MAGIC 0xc03b3998U
#define HEADER_BYTES 12
#define SUPERBLOCK_BYTES 1024
#define LOG_BLOCKS_MAX (1U << 18)
#define RECORDS_MAX (1U << 22)
#define UUID_BYTES 16
#define CHECKSUM_AT 16 /* in a commit block */

/* Offsets in the journal's superblock. */
enum {
    BLOCK_BYTES_AT = 0x0c,
    BLOCKS_AT = 0x10,
    FIRST_AT = 0x14,
    SEQUENCE_AT = 0x18,
    START_AT = 0x1c,
    FEATURES_AT = 0x28,
    UUID_AT = 0x30,
    SUM_AT = 0xfc
};
enum { DESCRIPTOR = 1, COMMIT = 2, REVOKE = 5 };
enum { TAG_ESCAPED = 1, TAG_SAME_UUID = 2, TAG_LAST = 8 };
enum { FEATURE_REVOKE = 1, FEATURE_64BIT = 2, FEATURE_CSUM_V3 = 16 };

/* A copy of a block in the log, or a revocation. */
struct entry {
    uint64_t block, at; /* `at`: where the copy lies on the disk */
    uint32_t sequence, checksum, order;
    bool escaped;
};

struct entries {
    struct entry *items;
    size_t count, capacity, committed;
};

struct journal {
    struct disk_version disk;
    uint32_t block_bytes, sequence; /* the sequence of the next transaction */
    uint64_t superblock_at;
    size_t count;
    struct entry *items; /* by block, one of each */
};

struct log {
    ext2_filsys fs;
    struct disk_version disk;
    uint32_t block_bytes, first, blocks, sequence, features, seed;
    uint64_t superblock_at;
    uint32_t at, walked; /* the next block of the log, and how many have been read */
    uint8_t *block;
    struct entries copies, revoked;
};

static bool fail_damaged(const char *what, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_IO, "the disk's file system is damaged: its journal: %s", what);
}

static bool fail_unknown(struct pyro_error *err)
{
    pyro_fail(err, PYRO_WORKSPACE_STATE,
              "the machine did not end cleanly: its file system's "
              "journal must be replayed first");
    return pyro_hint(err, "start the workspace and stop it");
}

/* ---- the log ---- */

/* Where block N of the log lies on the disk. */
static bool locate(struct log *l, uint32_t n, uint64_t *ret, struct pyro_error *err)
{
    blk64_t block = 0;

    if (ext2fs_bmap2(l->fs, l->fs->super->s_journal_inum, NULL, NULL, 0, n, NULL, &block) ||
        !block || block >= ext2fs_blocks_count(l->fs->super))
        return fail_damaged("a block of it is missing", err);
    *ret = block * l->block_bytes;
    return true;
}

/* Where the next block of the log lies on the disk; the one after it comes next. */
static bool next_block(struct log *l, uint64_t *ret_at, struct pyro_error *err)
{
    if (!locate(l, l->at, ret_at, err))
        return false;
    l->walked++;
    if (++l->at >= l->blocks)
        l->at = l->first;
    return true;
}

static bool add(struct entries *e, struct entry entry, struct pyro_error *err)
{
    if (e->count == e->capacity) {
        size_t more = e->capacity ? e->capacity * 2 : 256;
        struct entry *items =
            more <= RECORDS_MAX ? reallocarray(e->items, more, sizeof(*items)) : NULL;
        if (!items)
            return pyro_no_memory(err, "the journal");
        e->items = items;
        e->capacity = more;
    }
    entry.order = (uint32_t)e->count;
    e->items[e->count++] = entry;
    return true;
}

/* A checksum that lies within the data it covers, and counts as zeros there. */
static bool is_whole(struct log *l, size_t at)
{
    uint32_t found = be32_at(l->block + at);

    if (!(l->features & FEATURE_CSUM_V3))
        return true;
    memset(l->block + at, 0, sizeof(found));
    return ext2fs_crc32c_le(l->seed, l->block, l->block_bytes) == found;
}

/* The tags of the descriptor in l->block; their blocks come after it. */
static bool take_tags(struct log *l, struct pyro_error *err)
{
    scoped_free uint8_t *tags = malloc(l->block_bytes);
    size_t end = l->block_bytes - (l->features & FEATURE_CSUM_V3 ? 4 : 0);
    struct reader r;
    uint32_t flags = 0;

    if (!tags)
        return pyro_no_memory(err, "the journal");
    memcpy(tags, l->block, l->block_bytes);
    r = reader_of(tags + HEADER_BYTES, end - HEADER_BYTES);
    while (!(flags & TAG_LAST)) {
        struct entry e = { .sequence = l->sequence };
        const uint8_t *tag;
        bool v3 = l->features & FEATURE_CSUM_V3, wide = l->features & FEATURE_64BIT;
        if (!rd_bytes(&r, v3 ? 16 : wide ? 12 : 8, &tag))
            break; /* a full one needs no last tag */
        e.block = be32_at(tag);
        flags = v3 ? be32_at(tag + 4) : be32_at(tag + 4) & 0xffff;
        if (wide)
            e.block |= (uint64_t)be32_at(tag + 8) << 32;
        e.checksum = v3 ? be32_at(tag + 12) : 0;
        e.escaped = flags & TAG_ESCAPED;
        if (!(flags & TAG_SAME_UUID) && !rd_bytes(&r, UUID_BYTES, &tag))
            break;
        if (l->walked >= l->blocks || e.block >= ext2fs_blocks_count(l->fs->super))
            return fail_damaged("a block number", err);
        if (!next_block(l, &e.at, err) || !add(&l->copies, e, err))
            return false;
    }
    return true;
}

static bool take_revocations(struct log *l, struct pyro_error *err)
{
    uint32_t used = be32_at(l->block + HEADER_BYTES), wide = l->features & FEATURE_64BIT ? 8 : 4;

    if (used > l->block_bytes)
        return fail_damaged("a revocation", err);
    for (uint32_t at = HEADER_BYTES + 4; at + wide <= used; at += wide) {
        struct entry e = { .sequence = l->sequence, .block = be32_at(l->block + at) };
        if (wide == 8)
            e.block = e.block << 32 | be32_at(l->block + at + 4);
        if (!add(&l->revoked, e, err))
            return false;
    }
    return true;
}

/* All complete transactions. */
static bool walk(struct log *l, struct pyro_error *err)
{
    uint64_t at;

    while (l->walked < l->blocks) {
        uint32_t type;
        bool ok = true;
        if (!next_block(l, &at, err) || !chain_read(l->disk, at, l->block, l->block_bytes, err))
            return false;
        type = be32_at(l->block + 4);
        if (be32_at(l->block) != MAGIC || be32_at(l->block + 8) != l->sequence ||
            (type != DESCRIPTOR && type != COMMIT && type != REVOKE) ||
            !is_whole(l, type == COMMIT ? CHECKSUM_AT : l->block_bytes - 4))
            break;
        if (type == DESCRIPTOR)
            ok = take_tags(l, err);
        else if (type == REVOKE)
            ok = take_revocations(l, err);
        if (!ok)
            return false;
        if (type != COMMIT)
            continue;
        l->sequence++;
        l->copies.committed = l->copies.count;
        l->revoked.committed = l->revoked.count;
    }
    l->copies.count = l->copies.committed;
    l->revoked.count = l->revoked.committed;
    return true;
}

/* ---- the newest copies ---- */

static int journal_by_block(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->block != y->block)
        return x->block < y->block ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* The last of each block stays. */
static void keep_newest(struct entries *e)
{
    size_t kept = 0;

    if (e->count)
        qsort(e->items, e->count, sizeof(*e->items), journal_by_block);
    for (size_t i = 0; i < e->count; i++)
        if (i + 1 == e->count || e->items[i].block != e->items[i + 1].block)
            e->items[kept++] = e->items[i];
    e->count = kept;
}

/* The first entry of a block that is not below this one. */
static size_t lower_bound(const struct entry *items, size_t count, uint64_t block)
{
    size_t from = 0;

    while (from < count) {
        size_t middle = from + (count - from) / 2;
        if (items[middle].block < block)
            from = middle + 1;
        else
            count = middle;
    }
    return from;
}

static bool is_revoked(const struct entries *revoked, const struct entry *e)
{
    size_t i = lower_bound(revoked->items, revoked->count, e->block);

    return i < revoked->count && revoked->items[i].block == e->block &&
           (int32_t)(revoked->items[i].sequence - e->sequence) >= 0;
}

static bool check_copy(struct log *l, const struct entry *e, struct pyro_error *err)
{
    uint32_t sequence = htobe32(e->sequence), sum;

    if (!(l->features & FEATURE_CSUM_V3))
        return true;
    if (!chain_read(l->disk, e->at, l->block, l->block_bytes, err))
        return false;
    sum = ext2fs_crc32c_le(l->seed, (const unsigned char *)&sequence, sizeof(sequence));
    return ext2fs_crc32c_le(sum, l->block, l->block_bytes) == e->checksum ||
           fail_damaged("a checksum", err);
}

static bool select_copies(struct log *l, struct pyro_error *err)
{
    struct entries *c = &l->copies;
    size_t kept = 0;

    keep_newest(c);
    keep_newest(&l->revoked);
    for (size_t i = 0; i < c->count; i++) {
        if (is_revoked(&l->revoked, &c->items[i]))
            continue;
        if (!check_copy(l, &c->items[i], err))
            return false;
        c->items[kept++] = c->items[i];
    }
    c->count = kept;
    return true;
}

/* ---- loading ---- */

/* Reads the journal's own superblock; *ret_empty: there is nothing in it. */
static bool read_superblock(struct log *l, bool *ret_empty, struct pyro_error *err)
{
    uint32_t start;

    if (!locate(l, 0, &l->superblock_at, err) ||
        !chain_read(l->disk, l->superblock_at, l->block, l->block_bytes, err))
        return false;
    if (be32_at(l->block) != MAGIC || be32_at(l->block + 4) != 4)
        return fail_damaged("its superblock", err);
    l->features = be32_at(l->block + FEATURES_AT);
    if (l->features & ~(uint32_t)(FEATURE_REVOKE | FEATURE_64BIT | FEATURE_CSUM_V3))
        return fail_unknown(err);
    l->blocks = be32_at(l->block + BLOCKS_AT);
    l->first = be32_at(l->block + FIRST_AT);
    l->sequence = be32_at(l->block + SEQUENCE_AT);
    start = be32_at(l->block + START_AT);
    l->seed = ext2fs_crc32c_le(~0U, l->block + UUID_AT, UUID_BYTES);
    *ret_empty = start == 0;
    l->at = start;
    if (be32_at(l->block + BLOCK_BYTES_AT) != l->block_bytes || l->blocks > LOG_BLOCKS_MAX ||
        l->first == 0 || l->first >= l->blocks ||
        (start && (start < l->first || start >= l->blocks)))
        return fail_damaged("its superblock", err);
    return true;
}

bool journal_load(ext2_filsys fs, struct disk_version d, struct journal **ret,
                  struct pyro_error *err)
{
    struct log l = { .fs = fs, .disk = d, .block_bytes = fs->blocksize };
    struct journal *j = NULL;
    bool empty = false, ok;

    if (!fs->super->s_journal_inum)
        return fail_unknown(err);
    l.block = malloc(l.block_bytes);
    if (!l.block)
        return pyro_no_memory(err, "the journal");
    ok = read_superblock(&l, &empty, err) && (empty || (walk(&l, err) && select_copies(&l, err)));
    if (ok) {
        j = calloc(1, sizeof(*j));
        ok = j || pyro_no_memory(err, "the journal");
    }
    if (ok) {
        *j = (struct journal){ .disk = d,
                               .block_bytes = l.block_bytes,
                               .sequence = l.sequence,
                               .superblock_at = l.superblock_at,
                               .count = l.copies.count,
                               .items = take_ptr(&l.copies.items) };
        *ret = j;
    }
    free(l.block);
    free(l.copies.items);
    free(l.revoked.items);
    return ok;
}

void journal_free(struct journal *j)
{
    if (j)
        free(j->items);
    free(j);
}

/* ---- using it ---- */

bool journal_has(const struct journal *j, uint64_t at, uint64_t n)
{
    size_t i = lower_bound(j->items, j->count, at / j->block_bytes);

    return i < j->count && j->items[i].block * j->block_bytes < at + n;
}

/* n bytes, from an offset in the block on. */
static bool read_copy(const struct journal *j, const struct entry *e, uint64_t from, uint8_t *ret,
                      size_t n, struct pyro_error *err)
{
    const uint32_t magic = htobe32(MAGIC);

    if (!chain_read(j->disk, e->at + from, ret, n, err))
        return false;
    /* A block that begins like the log's own is kept without that beginning. */
    if (e->escaped && from < sizeof(magic)) {
        size_t left = sizeof(magic) - from;
        memcpy(ret, (const uint8_t *)&magic + from, n < left ? n : left);
    }
    return true;
}

bool journal_overlay(const struct journal *j, uint64_t at, void *bytes, size_t n,
                     struct pyro_error *err)
{
    for (size_t i = lower_bound(j->items, j->count, at / j->block_bytes); i < j->count; i++) {
        uint64_t start = j->items[i].block * j->block_bytes, end = start + j->block_bytes;
        uint64_t from = start > at ? start : at, to = end < at + n ? end : at + n;
        if (start >= at + n)
            break;
        if (!read_copy(j, &j->items[i], from - start, (uint8_t *)bytes + (from - at),
                       (size_t)(to - from), err))
            return false;
    }
    return true;
}

/* The journal's superblock, as of an empty one. */
static bool pass_empty(const struct journal *j, uint8_t *block, journal_block_fn *fn, void *arg,
                       struct pyro_error *err)
{
    uint32_t sequence = htobe32(j->sequence + 1), sum;

    if (!chain_read(j->disk, j->superblock_at, block, j->block_bytes, err))
        return false;
    memcpy(block + SEQUENCE_AT, &sequence, sizeof(sequence));
    memset(block + START_AT, 0, 4);
    if (be32_at(block + FEATURES_AT) & FEATURE_CSUM_V3) {
        memset(block + SUM_AT, 0, sizeof(sum));
        sum = htobe32(ext2fs_crc32c_le(~0U, block, SUPERBLOCK_BYTES));
        memcpy(block + SUM_AT, &sum, sizeof(sum));
    }
    return fn(arg, j->superblock_at, block, j->block_bytes, err);
}

bool journal_each(const struct journal *j, journal_block_fn *fn, void *arg, struct pyro_error *err)
{
    scoped_free uint8_t *block = malloc(j->block_bytes);

    if (!block)
        return pyro_no_memory(err, "the journal");
    for (size_t i = 0; i < j->count; i++)
        if (!read_copy(j, &j->items[i], 0, block, j->block_bytes, err) ||
            !fn(arg, j->items[i].block * j->block_bytes, block, j->block_bytes, err))
            return false;
    return pass_empty(j, block, fn, arg, err);
}
