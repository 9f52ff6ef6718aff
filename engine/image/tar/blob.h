/* Bytes of a file: a whole one, one within an archive, or one that is still being fetched. */
#ifndef PYRO_IMAGE_BLOB_H
#define PYRO_IMAGE_BLOB_H

#include <sys/types.h>

#include "engine/oci/layer_type.h"
#include "engine/oci/manifest.h"

#define BLOB_TO_COME (-1) /* a size that its manifest alone can tell */

struct blob {
    int fd;
    int64_t offset, size;
};

/* What has come of the layers that are being fetched: read by one process alone. */
struct arrivals {
    int fd; /* the pipe of arrival.h; -1: all of them are there */
    int64_t have[OCI_LAYERS_MAX];
};

/* The size of a file, as a blob. */
bool blob_of_file(int fd, struct blob *ret, struct pyro_error *err) MUST_CHECK;
/* Up to n bytes at a place in it; 0: its end. Less than it has is PYRO_CONTENT_REFUSED. -1 on
 * failure. */
ssize_t blob_read_at(const struct blob *b, int64_t at, void *ret, size_t n,
                     struct pyro_error *err) MUST_CHECK;
/* All of it; PYRO_CONTENT_REFUSED when it is larger than max. The caller frees *ret (it is not
 * terminated). */
bool blob_read(const struct blob *b, const char *what, size_t max, void **ret,
               struct pyro_error *err) MUST_CHECK;
/* How a layer's bytes are compressed, by the bytes themselves. */
bool blob_compression(const struct blob *b, enum oci_compression *ret,
                      struct pyro_error *err) MUST_CHECK;
/* Waits until more of a layer than its first `at` bytes has come; *ret: how many have. */
bool arrivals_wait(struct arrivals *a, unsigned layer, int64_t at, int64_t *ret,
                   struct pyro_error *err) MUST_CHECK;

#endif
