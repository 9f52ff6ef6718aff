/*
 * engine/image/view/overlay.c: writing a qcow2 layer (qcow2.h). Clusters are taken from the end of the
 * file, one after the other, and none is given back; so all of them have the refcount 1, and the
 * refcounts can be written at the end, at once.
 */
#include "engine/image/view/overlay.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/image/view/qcow2.h"
#include "vmm/base/big_endian.h"
#include "vmm/base/fs.h"

#define REFCOUNTS (QCOW2_CLUSTER_BYTES / 2) /* of a refcount block */

struct overlay {
    struct disk_version below;
    int fd;
    uint64_t size_bytes;
    uint64_t l1_at;          /* in the file */
    uint64_t refcounts_at;   /* the table of refcount blocks */
    uint64_t first_block_at; /* the refcount block that an empty overlay has */
    uint64_t end;            /* of the file: where the next cluster goes */
    uint32_t l1_count;
    uint64_t *l2[QCOW2_ENTRIES]; /* entries, of this machine's byte order; NULL: nothing there */
    uint8_t cluster[QCOW2_CLUSTER_BYTES];
};

static bool read_header(struct overlay *o, struct pyro_error *err)
{
    uint8_t h[QCOW2_HEADER_BYTES];
    uint8_t first[8];
    struct stat st;

    if (fstat(o->fd, &st) != 0 || fs_pread_full(o->fd, h, sizeof(h), 0) != (ssize_t)sizeof(h) ||
        be32_at(h) != QCOW2_MAGIC || be32_at(h + 20) != QCOW2_CLUSTER_BITS ||
        be64_at(h + 24) != o->size_bytes || st.st_size % QCOW2_CLUSTER_BYTES)
        return pyro_fail(err, PYRO_RECORD_INVALID, "the new layer is not an empty overlay");
    o->l1_at = be64_at(h + 40);
    o->refcounts_at = be64_at(h + 48);
    if (fs_pread_full(o->fd, first, sizeof(first), (off_t)o->refcounts_at) != sizeof(first))
        return pyro_fail_errno(err, "read a layer");
    o->first_block_at = be64_at(first);
    o->end = (uint64_t)st.st_size;
    o->l1_count = (uint32_t)((o->size_bytes + QCOW2_L2_COVERS - 1) / QCOW2_L2_COVERS);
    return true;
}

bool overlay_open(struct disk_version below, int fd, struct overlay **ret, struct pyro_error *err)
{
    struct overlay *o = calloc(1, sizeof(*o));

    if (!o)
        return pyro_no_memory(err, NULL);
    o->below = below;
    o->fd = fd;
    o->size_bytes = chain_size_bytes(below.chain);
    if (!read_header(o, err)) {
        overlay_free(o);
        return false;
    }
    *ret = o;
    return true;
}

void overlay_free(struct overlay *o)
{
    for (uint32_t i = 0; o && i < QCOW2_ENTRIES; i++)
        free(o->l2[i]);
    free(o);
}

static bool check_range(const struct overlay *o, uint64_t at, uint64_t n, struct pyro_error *err)
{
    return (at <= o->size_bytes && n <= o->size_bytes - at) ||
           pyro_fail(err, PYRO_IO, "%llu bytes at %llu lie beyond the disk", (unsigned long long)n,
                     (unsigned long long)at);
}

/* The entry of the cluster at an offset; 0: nothing was written there. */
static uint64_t entry_at(const struct overlay *o, uint64_t at)
{
    const uint64_t *table = o->l2[at / QCOW2_L2_COVERS];

    return table ? table[at % QCOW2_L2_COVERS / QCOW2_CLUSTER_BYTES] : 0;
}

static bool set_entry(struct overlay *o, uint64_t at, uint64_t entry, struct pyro_error *err)
{
    uint64_t **table = &o->l2[at / QCOW2_L2_COVERS];

    if (!*table)
        *table = calloc(QCOW2_ENTRIES, sizeof(**table));
    if (!*table)
        return pyro_no_memory(err, NULL);
    (*table)[at % QCOW2_L2_COVERS / QCOW2_CLUSTER_BYTES] = entry;
    return true;
}

static bool write_file(const struct overlay *o, const void *bytes, size_t n, uint64_t at,
                       struct pyro_error *err)
{
    return fs_pwrite_all(o->fd, bytes, n, (off_t)at) || pyro_fail_errno(err, "write a layer");
}

/* Within one cluster. */
static bool read_part(struct overlay *o, uint64_t at, void *ret, size_t n, struct pyro_error *err)
{
    uint64_t entry = entry_at(o, at);

    if (!entry)
        return chain_read(o->below, at, ret, n, err);
    if (entry & QCOW2_ZERO) {
        memset(ret, 0, n);
        return true;
    }
    return fs_pread_full(o->fd, ret, n,
                         (off_t)((entry & QCOW2_OFFSET_MASK) + at % QCOW2_CLUSTER_BYTES)) ==
               (ssize_t)n ||
           pyro_fail_errno(err, "read a layer");
}

/* Gives the cluster at an offset a place in the file, with what it holds so far. */
static bool place(struct overlay *o, uint64_t at, uint64_t *ret_entry, struct pyro_error *err)
{
    uint64_t start = at - at % QCOW2_CLUSTER_BYTES, left = o->size_bytes - start;
    size_t n = left < QCOW2_CLUSTER_BYTES ? (size_t)left : QCOW2_CLUSTER_BYTES;

    memset(o->cluster, 0, sizeof(o->cluster));
    if (!read_part(o, start, o->cluster, n, err) ||
        !write_file(o, o->cluster, sizeof(o->cluster), o->end, err) ||
        !set_entry(o, at, o->end | QCOW2_COPIED, err))
        return false;
    *ret_entry = o->end | QCOW2_COPIED;
    o->end += QCOW2_CLUSTER_BYTES;
    return true;
}

static bool write_part(struct overlay *o, uint64_t at, const void *bytes, size_t n,
                       struct pyro_error *err)
{
    uint64_t entry = entry_at(o, at);

    if ((!entry || (entry & QCOW2_ZERO)) && !place(o, at, &entry, err))
        return false;
    return write_file(o, bytes, n, (entry & QCOW2_OFFSET_MASK) + at % QCOW2_CLUSTER_BYTES, err);
}

static bool zero_part(struct overlay *o, uint64_t at, size_t n, struct pyro_error *err)
{
    static const uint8_t zeros[QCOW2_CLUSTER_BYTES];
    uint64_t entry = entry_at(o, at);

    if (entry & QCOW2_ZERO)
        return true;
    if (!entry && n == QCOW2_CLUSTER_BYTES)
        return set_entry(o, at, QCOW2_ZERO, err);
    return write_part(o, at, zeros, n, err);
}

/* How much of n bytes lies in the cluster at an offset. */
static size_t part_of(uint64_t at, uint64_t n)
{
    uint64_t room = QCOW2_CLUSTER_BYTES - at % QCOW2_CLUSTER_BYTES;

    return (size_t)(n < room ? n : room);
}

bool overlay_read(struct overlay *o, uint64_t at, void *ret, size_t n, struct pyro_error *err)
{
    char *to = ret;

    if (!check_range(o, at, n, err))
        return false;
    for (size_t part; n; at += part, to += part, n -= part) {
        part = part_of(at, n);
        if (!read_part(o, at, to, part, err))
            return false;
    }
    return true;
}

bool overlay_write(struct overlay *o, uint64_t at, const void *bytes, size_t n,
                   struct pyro_error *err)
{
    const char *from = bytes;

    if (!check_range(o, at, n, err))
        return false;
    for (size_t part; n; at += part, from += part, n -= part) {
        part = part_of(at, n);
        if (!write_part(o, at, from, part, err))
            return false;
    }
    return true;
}

bool overlay_zero(struct overlay *o, uint64_t at, uint64_t n, struct pyro_error *err)
{
    if (!check_range(o, at, n, err))
        return false;
    for (size_t part; n; at += part, n -= part) {
        part = part_of(at, n);
        if (!zero_part(o, at, part, err))
            return false;
    }
    return true;
}

/* ---- the tables ---- */

static bool save_tables(struct overlay *o, struct pyro_error *err)
{
    uint64_t l1[QCOW2_ENTRIES] = { 0 }, *l2 = (uint64_t *)(void *)o->cluster;

    for (uint32_t i = 0; i < o->l1_count; i++) {
        if (!o->l2[i])
            continue;
        for (uint32_t k = 0; k < QCOW2_ENTRIES; k++)
            l2[k] = htobe64(o->l2[i][k]);
        if (!write_file(o, l2, QCOW2_CLUSTER_BYTES, o->end, err))
            return false;
        l1[i] = htobe64(o->end | QCOW2_COPIED);
        o->end += QCOW2_CLUSTER_BYTES;
    }
    return write_file(o, l1, sizeof(l1), o->l1_at, err);
}

/* The refcount blocks beyond the first are at the end of the file, and count themselves. */
static bool save_refcounts(struct overlay *o, struct pyro_error *err)
{
    uint64_t table[QCOW2_ENTRIES] = { 0 }, clusters = o->end / QCOW2_CLUSTER_BYTES, count = 1;
    uint16_t *block = (uint16_t *)(void *)o->cluster;

    while (count * REFCOUNTS < clusters + count - 1)
        count++;
    if (count > QCOW2_ENTRIES)
        return pyro_fail(err, PYRO_NO_SPACE, "a layer of %llu clusters",
                         (unsigned long long)clusters);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = i ? o->end + (i - 1) * QCOW2_CLUSTER_BYTES : o->first_block_at;
        for (uint64_t k = 0; k < REFCOUNTS; k++)
            block[k] = htobe16(i * REFCOUNTS + k < clusters + count - 1 ? 1 : 0);
        if (!write_file(o, block, QCOW2_CLUSTER_BYTES, at, err))
            return false;
        table[i] = htobe64(at);
    }
    return write_file(o, table, sizeof(table), o->refcounts_at, err);
}

bool overlay_save(struct overlay *o, struct pyro_error *err)
{
    return save_tables(o, err) && save_refcounts(o, err);
}
