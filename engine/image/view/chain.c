/*
 * engine/image/view/chain.c: reading qcow2 (qcow2.h). Doing it here costs microseconds, where
 * starting qemu-img for it costs tens of milliseconds.
 */
#include "engine/image/view/chain.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/image/view/qcow2.h"
#include "vmm/base/big_endian.h"
#include "vmm/base/fs.h"

#define L2_CACHED_MAX 1024 /* tables in memory, 64 MiB */

struct layer {
    int fd;
    uint64_t file_bytes;
    uint64_t *l1; /* big endian, as read; NULL: the base */
    uint64_t **l2;
    uint32_t l1_count;
};

struct chain {
    uint64_t size_bytes;
    unsigned count, l2_cached;
    struct layer layers[CHAIN_LAYERS_MAX];
};

static bool fail_damaged(unsigned layer, const char *what, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_RECORD_INVALID, "layer %u of the disk is damaged: %s", layer, what);
}

/* Reads at an offset of a layer's file; bytes beyond its end are zeros, as in QEMU. */
static bool read_file(const struct layer *l, uint64_t at, void *ret, size_t n,
                      struct pyro_error *err)
{
    ssize_t got = fs_pread_full(l->fd, ret, n, (off_t)at);

    if (got < 0)
        return pyro_fail_errno(err, "read the disk");
    memset((char *)ret + got, 0, n - (size_t)got);
    return true;
}

static bool open_qcow2(struct chain *c, unsigned i, struct pyro_error *err)
{
    struct layer *l = &c->layers[i];
    uint8_t h[QCOW2_HEADER_BYTES];
    uint64_t l1_at;

    if (!read_file(l, 0, h, sizeof(h), err))
        return false;
    if (be32_at(h) != QCOW2_MAGIC || be32_at(h + 4) != 3 || be32_at(h + 20) != QCOW2_CLUSTER_BITS ||
        (be64_at(h + 8) && be32_at(h + 16)) || be32_at(h + 32) ||
        (be64_at(h + 72) & ~QCOW2_INCOMPATIBLE_ALLOWED))
        return fail_damaged(i, "its header is not one of pyro's", err);
    if (be64_at(h + 24) != c->size_bytes)
        return fail_damaged(i, "its size differs from the one below", err);
    l->l1_count = (uint32_t)((c->size_bytes + QCOW2_L2_COVERS - 1) / QCOW2_L2_COVERS);
    l1_at = be64_at(h + 40);
    if (be32_at(h + 36) < l->l1_count || l1_at % QCOW2_CLUSTER_BYTES || l1_at >= l->file_bytes)
        return fail_damaged(i, "its L1 table is at an impossible place", err);
    l->l1 = malloc(l->l1_count * sizeof(*l->l1));
    l->l2 = calloc(l->l1_count, sizeof(*l->l2));
    if (!l->l1 || !l->l2)
        return pyro_no_memory(err, NULL);
    return read_file(l, l1_at, l->l1, l->l1_count * sizeof(*l->l1), err);
}

static bool open_layers(struct chain *c, const int *fds, struct pyro_error *err)
{
    for (unsigned i = 0; i < c->count; i++) {
        struct stat st;
        if (fstat(fds[i], &st) != 0 || !S_ISREG(st.st_mode))
            return pyro_fail(err, PYRO_RECORD_INVALID, "layer %u of the disk is not a file", i);
        c->layers[i] = (struct layer){ .fd = fds[i], .file_bytes = (uint64_t)st.st_size };
        if (i == 0)
            c->size_bytes = (uint64_t)st.st_size;
        if (c->size_bytes == 0 || c->size_bytes > QCOW2_SIZE_MAX)
            return pyro_fail(err, PYRO_RECORD_INVALID, "the disk has an impossible size");
        if (i > 0 && !open_qcow2(c, i, err))
            return false;
    }
    return true;
}

bool chain_open(const int *fds, unsigned count, struct chain **ret, struct pyro_error *err)
{
    struct chain *c;

    if (count < 1 || count > CHAIN_LAYERS_MAX)
        return pyro_fail(err, PYRO_RECORD_INVALID, "a disk of %u layers", count);
    c = calloc(1, sizeof(*c));
    if (!c)
        return pyro_no_memory(err, NULL);
    c->count = count;
    if (!open_layers(c, fds, err)) {
        chain_free(c);
        return false;
    }
    *ret = c;
    return true;
}

static void forget_tables(struct chain *c)
{
    for (unsigned i = 0; i < c->count; i++)
        for (uint32_t k = 0; c->layers[i].l2 && k < c->layers[i].l1_count; k++) {
            free(c->layers[i].l2[k]);
            c->layers[i].l2[k] = NULL;
        }
    c->l2_cached = 0;
}

void chain_free(struct chain *c)
{
    if (!c)
        return;
    forget_tables(c);
    for (unsigned i = 0; i < c->count; i++) {
        free(c->layers[i].l1);
        free(c->layers[i].l2);
    }
    free(c);
}

uint64_t chain_size_bytes(const struct chain *c)
{
    return c->size_bytes;
}

/* The L2 table that an offset is in; NULL without failure: there is none. */
static bool get_table(struct chain *c, unsigned i, uint64_t at, const uint64_t **ret,
                      struct pyro_error *err)
{
    struct layer *l = &c->layers[i];
    uint32_t index = (uint32_t)(at / QCOW2_L2_COVERS);
    uint64_t place = be64toh(l->l1[index]) & QCOW2_OFFSET_MASK;
    uint64_t *table;

    *ret = NULL;
    if (!place)
        return true;
    if (l->l2[index]) {
        *ret = l->l2[index];
        return true;
    }
    if (place % QCOW2_CLUSTER_BYTES || place >= l->file_bytes)
        return fail_damaged(i, "an L2 table is at an impossible place", err);
    if (c->l2_cached >= L2_CACHED_MAX)
        forget_tables(c);
    table = malloc(QCOW2_CLUSTER_BYTES);
    if (!table)
        return pyro_no_memory(err, NULL);
    if (!read_file(l, place, table, QCOW2_CLUSTER_BYTES, err)) {
        free(table);
        return false;
    }
    c->l2_cached++;
    *ret = l->l2[index] = table;
    return true;
}

/* What the layers have for an offset. */
struct place {
    unsigned layer;
    bool present, zero;
    uint64_t at;    /* in the layer's file */
    uint64_t bytes; /* this is true for, from the offset on */
};

static bool find(struct chain *c, unsigned i, uint64_t at, struct place *ret,
                 struct pyro_error *err)
{
    uint64_t into = at % QCOW2_CLUSTER_BYTES, entry;
    const uint64_t *table;

    if (!get_table(c, i, at, &table, err))
        return false;
    *ret = (struct place){ .layer = i, .bytes = QCOW2_L2_COVERS - at % QCOW2_L2_COVERS };
    if (!table)
        return true;
    entry = be64toh(table[at % QCOW2_L2_COVERS / QCOW2_CLUSTER_BYTES]);
    ret->bytes = QCOW2_CLUSTER_BYTES - into;
    if (entry & QCOW2_COMPRESSED)
        return fail_damaged(i, "a compressed cluster, which pyro never makes", err);
    ret->zero = entry & QCOW2_ZERO;
    ret->at = (entry & QCOW2_OFFSET_MASK) + into;
    ret->present = ret->zero || (entry & QCOW2_OFFSET_MASK);
    if (ret->present && !ret->zero && (entry & QCOW2_OFFSET_MASK) % QCOW2_CLUSTER_BYTES)
        return fail_damaged(i, "a cluster is at an impossible place", err);
    return true;
}

/* In the topmost layer above `since` that has anything there. When none has, it is not present, and
 * lies where it does in the base. */
static bool find_above(struct disk_version d, unsigned since, uint64_t at, struct place *ret,
                       struct pyro_error *err)
{
    uint64_t bytes = d.chain->size_bytes - at;
    struct place p = { .present = false };

    for (unsigned i = d.top; i > since && !p.present; i--) {
        if (!find(d.chain, i, at, &p, err))
            return false;
        if (p.bytes < bytes)
            bytes = p.bytes;
    }
    if (!p.present)
        p = (struct place){ .at = at };
    p.bytes = bytes;
    *ret = p;
    return true;
}

/* Whether the base has data there or a hole, and how far. */
static bool look_at_base(const struct chain *c, struct place *p, struct pyro_error *err)
{
    off_t data = lseek(c->layers[0].fd, (off_t)p->at, SEEK_DATA), end;

    if (data < 0 && errno == ENXIO)
        data = (off_t)c->size_bytes;
    if (data < 0)
        return pyro_fail_errno(err, "read the disk");
    p->zero = (uint64_t)data > p->at;
    end = p->zero ? data : lseek(c->layers[0].fd, (off_t)p->at, SEEK_HOLE);
    if (end < 0)
        return pyro_fail_errno(err, "read the disk");
    if ((uint64_t)end <= p->at)
        p->bytes = 1;
    else if ((uint64_t)end - p->at < p->bytes)
        p->bytes = (uint64_t)end - p->at;
    return true;
}

static bool check_range(struct disk_version d, uint64_t at, uint64_t n, struct pyro_error *err)
{
    uint64_t size = d.chain->size_bytes;

    if (d.top >= d.chain->count || at > size || n > size - at)
        return pyro_fail(err, PYRO_IO, "%llu bytes at %llu lie beyond the disk",
                         (unsigned long long)n, (unsigned long long)at);
    return true;
}

bool chain_read(struct disk_version d, uint64_t at, void *ret, size_t n, struct pyro_error *err)
{
    char *to = ret;

    if (!check_range(d, at, n, err))
        return false;
    while (n) {
        struct place p;
        size_t part;
        if (!find_above(d, 0, at, &p, err))
            return false;
        part = p.bytes < n ? (size_t)p.bytes : n;
        if (p.zero)
            memset(to, 0, part);
        else if (!read_file(&d.chain->layers[p.layer], p.at, to, part, err))
            return false;
        to += part;
        at += part;
        n -= part;
    }
    return true;
}

bool chain_map(struct disk_version d, uint64_t at, struct chain_stretch *ret,
               struct pyro_error *err)
{
    struct place p;

    if (!check_range(d, at, 1, err) || !find_above(d, 0, at, &p, err) ||
        (!p.present && !look_at_base(d.chain, &p, err)))
        return false;
    *ret = (struct chain_stretch){ p.layer, p.zero, p.bytes };
    return true;
}

bool chain_is_changed(struct disk_version d, unsigned since, uint64_t at, uint64_t n, bool *ret,
                      struct pyro_error *err)
{
    uint64_t end = at + n;

    *ret = false;
    if (!check_range(d, at, n, err))
        return false;
    while (at < end && !*ret) {
        struct place p;
        if (!find_above(d, since, at, &p, err))
            return false;
        *ret = p.present;
        at += p.bytes;
    }
    return true;
}
