/*
 * engine/image/tar/layer.c: one archive reader in another: the outer decompresses the blob, the inner
 * takes the tar apart. Bytes are hashed on their way into each.
 */
#include "engine/image/tar/layer.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/hash/hash.h"
#include "engine/image/tar/source.h"

#define CHUNK_BYTES (256 * 1024)
#define BLOCK 512 /* of a tar */

struct layer_reader {
    const struct layer *layer;
    struct archive *outer;
    struct hash blob_hash, tar_hash;
    int64_t blob_bytes, tar_bytes; /* that have come */
    bool ended;                    /* the tar, and its end was made up */
    struct pyro_error why;         /* of a callback that failed */
    uint8_t chunk[CHUNK_BYTES];
};

bool blob_of_file(int fd, struct blob *ret, struct pyro_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "read a blob");
    *ret = (struct blob){ .fd = fd, .size = st.st_size };
    return true;
}

/* Up to n bytes at a place in it. */
static ssize_t read_at(const struct blob *b, int64_t at, void *ret, size_t n,
                       struct pyro_error *err)
{
    int64_t left = b->size - at;
    ssize_t got;

    if (left <= 0)
        return 0;
    do
        got = pread(b->fd, ret, (int64_t)n < left ? n : (size_t)left, b->offset + at);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        pyro_fail_errno(err, "read a blob");
    else if (got == 0)
        pyro_fail(err, PYRO_CONTENT_REFUSED, "it is shorter than it should be");
    return got > 0 ? got : -1;
}

bool blob_read(const struct blob *b, const char *what, size_t max, void **ret,
               struct pyro_error *err)
{
    scoped_free uint8_t *bytes = NULL;

    if (b->size < 0 || (uint64_t)b->size > max)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "%s is larger than %zu bytes", what, max);
    bytes = malloc((size_t)b->size + 1);
    if (!bytes)
        return pyro_no_memory(err, what);
    for (int64_t at = 0; at < b->size;) {
        ssize_t n = read_at(b, at, bytes + at, (size_t)(b->size - at), err);
        if (n < 0)
            return pyro_wrap(err, "%s", what);
        at += n;
    }
    *ret = take_ptr(&bytes);
    return true;
}

/* The next bytes of the blob. */
static la_ssize_t layer_read_blob(struct archive *a, void *arg, const void **ret)
{
    struct layer_reader *r = arg;
    ssize_t n = read_at(&r->layer->blob, r->blob_bytes, r->chunk, sizeof(r->chunk), &r->why);

    if (n > 0 && r->layer->digest && !hash_add(&r->blob_hash, r->chunk, (size_t)n, &r->why))
        n = -1;
    if (n < 0) {
        archive_set_error(a, EIO, "%s", r->why.message);
        return ARCHIVE_FATAL;
    }
    r->blob_bytes += n;
    *ret = r->chunk;
    return n;
}

static bool check_growth(struct layer_reader *r, struct pyro_error *err)
{
    if (r->tar_bytes > LAYER_BYTES_MAX)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "it unpacks to more than %lld bytes",
                         (long long)LAYER_BYTES_MAX);
    if (r->tar_bytes > LAYER_RATIO_FROM && r->tar_bytes / LAYER_RATIO_MAX > r->blob_bytes)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "it unpacks to more than %d times its size",
                         LAYER_RATIO_MAX);
    return true;
}

/*
 * Some writers (umoci 0.4.7) leave out the padding of the last member and the two blocks that end a
 * tar, and other readers take that. The digest is that of the bytes there are.
 */
static la_ssize_t end_tar(struct layer_reader *r, const void **ret)
{
    static const uint8_t zeros[3 * BLOCK];

    if (r->ended)
        return 0;
    r->ended = true;
    *ret = zeros;
    return 2 * BLOCK + (BLOCK - r->tar_bytes % BLOCK) % BLOCK;
}

/* The next bytes of the tar. */
static la_ssize_t layer_read_tar(struct archive *a, void *arg, const void **ret)
{
    struct layer_reader *r = arg;
    la_int64_t offset;
    size_t n = 0;
    int rc = archive_read_data_block(r->outer, ret, &n, &offset);

    if (rc == ARCHIVE_EOF)
        return end_tar(r, ret);
    r->tar_bytes += (int64_t)n;
    if (rc != ARCHIVE_OK)
        source_fail(r->outer, "decompress", &r->why);
    if (rc != ARCHIVE_OK || !hash_add(&r->tar_hash, *ret, n, &r->why) ||
        !check_growth(r, &r->why)) {
        archive_set_error(a, EIO, "%s", r->why.message);
        return ARCHIVE_FATAL;
    }
    return (la_ssize_t)n;
}

/* Reads what an archive's reader left: padding after the tar's end, and after the compressed data. */
static bool read_rest(struct layer_reader *r, struct archive *a, struct pyro_error *err)
{
    const void *bytes;
    la_ssize_t n;

    while ((n = layer_read_tar(a, r, &bytes)) > 0)
        ;
    while (n == 0 && r->blob_bytes < r->layer->blob.size)
        if (layer_read_blob(a, r, &bytes) <= 0)
            n = -1;
    return n == 0 || pyro_copy(err, &r->why);
}

static bool check_digests(struct layer_reader *r, struct pyro_error *err)
{
    return (!r->layer->digest || hash_check(&r->blob_hash, "its blob", err)) &&
           hash_check(&r->tar_hash, "its tar", err);
}

bool blob_compression(const struct blob *b, enum oci_compression *ret, struct pyro_error *err)
{
    static const uint8_t gzip[] = { 0x1f, 0x8b }, zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
    uint8_t magic[4] = { 0 };

    if (b->size && read_at(b, 0, magic, sizeof(magic), err) < 0)
        return false;
    *ret = !memcmp(magic, gzip, sizeof(gzip))   ? OCI_GZIP
           : !memcmp(magic, zstd, sizeof(zstd)) ? OCI_ZSTD
                                                : OCI_PLAIN;
    return true;
}

static bool open_outer(struct layer_reader *r, struct pyro_error *err)
{
    struct archive_entry *entry;
    enum oci_compression compression;
    int rc;

    if (!blob_compression(&r->layer->blob, &compression, err))
        return false;
    archive_read_support_format_raw(r->outer);
    archive_read_support_format_empty(r->outer);
    if (compression == OCI_GZIP)
        archive_read_support_filter_gzip(r->outer);
    else if (compression == OCI_ZSTD)
        archive_read_support_filter_zstd(r->outer);
    rc = archive_read_open(r->outer, r, NULL, layer_read_blob, NULL);
    if (rc == ARCHIVE_OK)
        rc = archive_read_next_header(r->outer, &entry);
    return rc == ARCHIVE_OK || rc == ARCHIVE_EOF || source_fail(r->outer, "decompress", err);
}

static bool add_layer(struct tar_image *image, const struct layer *layer, unsigned number,
                      struct layer_reader *r, struct pyro_error *err)
{
    scoped_archive_read *outer = archive_read_new(), *inner = archive_read_new();
    bool ok;

    if (!outer || !inner)
        return pyro_no_memory(err, NULL);
    r->layer = layer;
    r->outer = outer;
    archive_read_support_format_tar(inner);
    archive_read_support_format_empty(inner);
    if (!hash_begin(&r->blob_hash, layer->digest, err) ||
        !hash_begin(&r->tar_hash, layer->diff_id, err) || !open_outer(r, err))
        return false;
    ok = (archive_read_open(inner, r, NULL, layer_read_tar, NULL) == ARCHIVE_OK ||
          source_fail(inner, "tar", err)) &&
         tar_image_add(image, inner, number, NULL, err) && read_rest(r, inner, err) &&
         check_digests(r, err);
    /* The cause is what stopped the bytes, not that the tar ended early. */
    if (!ok && r->why.code != PYRO_OK)
        pyro_copy(err, &r->why);
    return ok;
}

bool layers_add(struct tar_image *image, const struct layer *layers, size_t count,
                struct pyro_error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct layer_reader *r = calloc(1, sizeof(*r));
        bool ok;
        if (!r)
            return pyro_no_memory(err, NULL);
        ok = add_layer(image, &layers[i], (unsigned)i + 1, r, err);
        hash_release(&r->blob_hash);
        hash_release(&r->tar_hash);
        free(r);
        if (!ok)
            return pyro_wrap(err, "layer %zu", i + 1);
    }
    return true;
}
