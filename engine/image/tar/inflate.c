/* engine/image/tar/inflate.c: one way for each compression, on one way to read the blob. */
#include "engine/image/tar/inflate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <isa-l/igzip_lib.h>

#include "engine/hash/hash.h"
#include "engine/image/tar/source.h"

#define CHUNK_BYTES (256 * 1024)
#define GZIP_RESERVED_FLAGS 0xe0

struct inflate {
    struct inflate_job job;
    struct arrivals *arrivals;
    ssize_t (*step)(struct inflate *i, uint8_t *ret, size_t n, struct pyro_error *err);
    struct hash hash;
    int64_t at; /* of the blob: read and hashed */
    bool has_ended;
    struct archive *zstd;
    const uint8_t *ready; /* what it has given, and nobody has taken */
    size_t ready_bytes;
    struct pyro_error why; /* of inflate_feed() */
    struct inflate_state gzip;
    struct isal_gzip_header header; /* of a member; while in_header, as far as it has come */
    bool in_header;
    uint8_t chunk[CHUNK_BYTES];
};

/* The next bytes of the blob into the chunk: how many; 0: its end. */
static ssize_t fill(struct inflate *i, struct pyro_error *err)
{
    struct blob so_far = i->job.blob;
    ssize_t n;

    if (i->arrivals->fd >= 0 && i->at < so_far.size) {
        int64_t have;
        if (!arrivals_wait(i->arrivals, i->job.layer, i->at, &have, err))
            return -1;
        so_far.size = have < so_far.size ? have : so_far.size;
    }
    n = blob_read_at(&so_far, i->at, i->chunk, sizeof(i->chunk), err);
    if (n <= 0)
        return n;
    if (*i->job.digest && !hash_add(&i->hash, i->chunk, (size_t)n, err))
        return -1;
    i->at += n;
    return n;
}

static ssize_t fail_data(const char *why, struct pyro_error *err)
{
    pyro_fail(err, PYRO_INVALID_ARGUMENT, "decompress: %s", why);
    return -1;
}

static ssize_t inflate_plain(struct inflate *i, uint8_t *ret, size_t n, struct pyro_error *err)
{
    if (i->ready_bytes == 0) {
        ssize_t got = fill(i, err);
        if (got <= 0)
            return got;
        i->ready = i->chunk;
        i->ready_bytes = (size_t)got;
    }
    n = n < i->ready_bytes ? n : i->ready_bytes;
    memcpy(ret, i->ready, n);
    i->ready += n;
    i->ready_bytes -= n;
    return (ssize_t)n;
}

/* --- gzip: RFC 1952, members one after the other --- */

/* More input; 0: there is none. */
static ssize_t feed_gzip(struct inflate *i, struct pyro_error *err)
{
    ssize_t n = fill(i, err);

    i->gzip.next_in = i->chunk;
    i->gzip.avail_in = n > 0 ? (uint32_t)n : 0;
    return n;
}

static void begin_member(struct inflate *i)
{
    isal_inflate_reset(&i->gzip);
    i->gzip.crc_flag = ISAL_GZIP_NO_HDR_VER;
    isal_gzip_header_init(&i->header);
    i->in_header = true;
}

/* Whether another member follows the one that has ended: what is not a header is padding, as for
 * gzip(1). 1, 0, or -1 on failure. */
static int next_member(struct inflate *i, struct pyro_error *err)
{
    if (i->gzip.avail_in == 0) {
        ssize_t n = feed_gzip(i, err);
        if (n <= 0)
            return (int)n;
    }
    if (i->gzip.next_in[0] != 0x1f)
        return 0;
    begin_member(i);
    return 1;
}

/* As far as the input goes, an ISAL_ code. A decompressor must refuse reserved flags, says the RFC (2.3.1.2);
 * the library does not. */
static int step_gzip(struct inflate *i)
{
    struct inflate_state *s = &i->gzip;
    int rc = ISAL_DECOMP_OK;

    if (i->in_header) {
        rc = isal_read_gzip_header(s, &i->header);
        if (rc == ISAL_DECOMP_OK && (i->header.flags & GZIP_RESERVED_FLAGS))
            rc = ISAL_INVALID_WRAPPER;
        i->in_header = rc != ISAL_DECOMP_OK;
    }
    if (rc != ISAL_DECOMP_OK || s->block_state == ISAL_BLOCK_FINISH)
        return rc;
    return isal_inflate(s);
}

/* It may have output left of input that it has taken: only when it gives nothing it gets more. */
static ssize_t inflate_gzip(struct inflate *i, uint8_t *ret, size_t n, struct pyro_error *err)
{
    struct inflate_state *s = &i->gzip;

    s->next_out = ret;
    s->avail_out = (uint32_t)n;
    for (;;) {
        int rc = step_gzip(i);
        ssize_t more = 1;
        if (rc != ISAL_DECOMP_OK && rc != ISAL_END_INPUT)
            return fail_data("the gzip data are damaged", err);
        if (s->avail_out < n)
            return (ssize_t)(n - s->avail_out);
        if (s->block_state == ISAL_BLOCK_FINISH) {
            more = next_member(i, err);
            if (more <= 0)
                return more;
        } else if (s->avail_in == 0) {
            more = feed_gzip(i, err);
        } else {
            return fail_data("the gzip data lead nowhere", err);
        }
        if (more <= 0)
            return more < 0 ? -1 : fail_data("the gzip data end too early", err);
    }
}

/* --- zstd, by libarchive --- */

static la_ssize_t inflate_feed(struct archive *a, void *arg, const void **ret)
{
    struct inflate *i = arg;
    ssize_t n = fill(i, &i->why);

    if (n < 0)
        archive_set_error(a, EIO, "%s", i->why.message);
    *ret = i->chunk;
    return n < 0 ? ARCHIVE_FATAL : n;
}

static ssize_t fail_zstd(struct inflate *i, struct pyro_error *err)
{
    if (i->why.code != PYRO_OK)
        pyro_copy(err, &i->why);
    else
        source_fail(i->zstd, "decompress", err);
    return -1;
}

static bool open_zstd(struct inflate *i, struct pyro_error *err)
{
    struct archive_entry *entry;
    int rc;

    i->zstd = archive_read_new();
    if (!i->zstd)
        return pyro_no_memory(err, NULL);
    archive_read_support_format_raw(i->zstd);
    archive_read_support_format_empty(i->zstd);
    archive_read_support_filter_zstd(i->zstd);
    rc = archive_read_open(i->zstd, i, NULL, inflate_feed, NULL);
    if (rc == ARCHIVE_OK)
        rc = archive_read_next_header(i->zstd, &entry);
    return rc == ARCHIVE_OK || rc == ARCHIVE_EOF || fail_zstd(i, err) >= 0;
}

static ssize_t inflate_zstd(struct inflate *i, uint8_t *ret, size_t n, struct pyro_error *err)
{
    while (i->ready_bytes == 0) {
        const void *bytes;
        la_int64_t offset;
        int rc = archive_read_data_block(i->zstd, &bytes, &i->ready_bytes, &offset);
        if (rc == ARCHIVE_EOF)
            return 0;
        if (rc != ARCHIVE_OK)
            return fail_zstd(i, err);
        i->ready = bytes;
    }
    n = n < i->ready_bytes ? n : i->ready_bytes;
    memcpy(ret, i->ready, n);
    i->ready += n;
    i->ready_bytes -= n;
    return (ssize_t)n;
}

/* --- the blob --- */

static bool begin(struct inflate *i, struct pyro_error *err)
{
    enum oci_compression compression;
    int64_t have;

    if (*i->job.digest && !hash_begin(&i->hash, i->job.digest, err))
        return false;
    /* Four bytes tell. */
    if (i->arrivals->fd >= 0 && i->job.blob.size &&
        !arrivals_wait(i->arrivals, i->job.layer, i->job.blob.size < 4 ? i->job.blob.size - 1 : 3,
                       &have, err))
        return false;
    if (!blob_compression(&i->job.blob, &compression, err))
        return false;
    isal_inflate_init(&i->gzip);
    begin_member(i);
    i->step = compression == OCI_GZIP   ? inflate_gzip
              : compression == OCI_ZSTD ? inflate_zstd
                                        : inflate_plain;
    return compression != OCI_ZSTD || open_zstd(i, err);
}

struct inflate *inflate_new(const struct inflate_job *job, struct arrivals *arrivals,
                            struct pyro_error *err)
{
    struct inflate *i = calloc(1, sizeof(*i));

    if (!i)
        return pyro_no_memory(err, NULL);
    i->job = *job;
    i->arrivals = arrivals;
    if (begin(i, err))
        return i;
    inflate_free(i);
    return NULL;
}

void inflate_free(struct inflate *i)
{
    if (!i)
        return;
    archive_read_free(i->zstd);
    hash_release(&i->hash);
    free(i);
}

ssize_t inflate_read(struct inflate *i, uint8_t *ret, size_t n, struct pyro_error *err)
{
    ssize_t got = i->has_ended ? 0 : i->step(i, ret, n, err);

    if (got != 0 || i->has_ended)
        return got;
    while ((got = fill(i, err)) > 0)
        ;
    if (got < 0 || (*i->job.digest && !hash_check(&i->hash, "its blob", err)))
        return -1;
    i->has_ended = true;
    return 0;
}

int64_t inflate_consumed(const struct inflate *i)
{
    return i->at;
}
