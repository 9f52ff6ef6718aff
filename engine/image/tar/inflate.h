/*
 * A layer's compression taken off: gzip by ISA-L, which is some three times as fast as zlib, zstd by
 * libarchive. Every byte of the blob is read and hashed, those after the compressed data too.
 */
#ifndef PYRO_IMAGE_INFLATE_H
#define PYRO_IMAGE_INFLATE_H

#include "engine/image/tar/blob.h"

struct inflate_job {
    struct blob blob;
    char digest[OCI_DIGEST_SIZE]; /* of the blob; "": not known */
    unsigned layer;               /* its index */
};

struct inflate;

/* *arrivals is used until inflate_free(). NULL on failure. */
struct inflate *inflate_new(const struct inflate_job *job, struct arrivals *arrivals,
                            struct pyro_error *err) MUST_CHECK;
void inflate_free(struct inflate *i);
/*
 * The next bytes of the tar, up to n; 0 at the end, when the blob has its digest. -1 on
 * failure: PYRO_CONTENT_REFUSED where it has not, PYRO_INVALID_ARGUMENT where the data are damaged.
 */
ssize_t inflate_read(struct inflate *i, uint8_t *ret, size_t n, struct pyro_error *err) MUST_CHECK;
/* How much of the blob has been read for that. */
int64_t inflate_consumed(const struct inflate *i);

#endif
