/*
 * engine/image/tar/layer.c: an archive reader takes the tar apart, whose bytes are hashed on their
 * way to it.
 */
#include "engine/image/tar/layer.h"

#include <errno.h>
#include <string.h>

#include "engine/hash/hash.h"
#include "engine/image/tar/inflating.h"
#include "engine/image/tar/source.h"

#define BLOCK 512 /* of a tar */

struct layer_reader {
    struct inflating from;
    struct hash hash;
    int64_t tar_bytes;     /* that have come */
    bool ended;            /* the tar, and its end was made up */
    struct pyro_error why; /* of a callback that failed */
};

static bool check_growth(struct layer_reader *r, struct pyro_error *err)
{
    if (r->tar_bytes > LAYER_BYTES_MAX)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "it unpacks to more than %lld bytes",
                         (long long)LAYER_BYTES_MAX);
    if (r->tar_bytes > LAYER_RATIO_FROM && r->tar_bytes / LAYER_RATIO_MAX > r->from.consumed)
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
    size_t n = 0;
    bool ok = r->ended || inflating_next(&r->from, ret, &n, &r->why);

    if (ok && n == 0)
        return end_tar(r, ret);
    r->tar_bytes += (int64_t)n;
    if (!ok || !hash_add(&r->hash, *ret, n, &r->why) || !check_growth(r, &r->why)) {
        archive_set_error(a, EIO, "%s", r->why.message);
        return ARCHIVE_FATAL;
    }
    return (la_ssize_t)n;
}

/* Reads what an archive's reader left: padding after the tar's end. */
static bool read_rest(struct layer_reader *r, struct archive *a, struct pyro_error *err)
{
    const void *bytes;
    la_ssize_t n;

    while ((n = layer_read_tar(a, r, &bytes)) > 0)
        ;
    return n == 0 || pyro_copy(err, &r->why);
}

static bool begin_layer(struct layer_reader *r, const struct layer *layer, unsigned number,
                        struct pyro_error *err)
{
    struct inflate_job job = { .blob = layer->blob, .layer = number - 1 };

    if (layer->digest)
        memcpy(job.digest, layer->digest, strlen(layer->digest) + 1);
    return hash_begin(&r->hash, layer->diff_id, err) && inflating_begin(&r->from, &job, err);
}

static bool add_layer(struct tar_image *image, const struct layer *layer, unsigned number,
                      struct layer_reader *r, struct pyro_error *err)
{
    scoped_archive_read *tar = archive_read_new();
    bool ok;

    if (!tar)
        return pyro_no_memory(err, NULL);
    archive_read_support_format_tar(tar);
    archive_read_support_format_empty(tar);
    if (!begin_layer(r, layer, number, err))
        return false;
    ok = (archive_read_open(tar, r, NULL, layer_read_tar, NULL) == ARCHIVE_OK ||
          source_fail(tar, "tar", err)) &&
         tar_image_add(image, tar, number, NULL, err) && read_rest(r, tar, err) &&
         hash_check(&r->hash, "its tar", err);
    /* The cause is what stopped the bytes, not that the tar ended early. */
    if (!ok && r->why.code != PYRO_OK)
        pyro_copy(err, &r->why);
    return ok;
}

bool layers_add(struct tar_image *image, const struct layer *layers, size_t first, size_t count,
                struct pyro_error *err)
{
    for (size_t i = first; i < count; i++) {
        struct layer_reader r = { 0 };
        bool ok = add_layer(image, &layers[i], (unsigned)i + 1, &r, err);
        inflating_release(&r.from);
        hash_release(&r.hash);
        if (!ok)
            return pyro_wrap(err, "layer %zu", i + 1);
    }
    return true;
}
