/* engine/image/tar/blob.c: pread(2), within bounds. */
#include "engine/image/tar/blob.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/oci/arrival.h"

bool blob_of_file(int fd, struct blob *ret, struct pyro_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "read a blob");
    *ret = (struct blob){ .fd = fd, .size = st.st_size };
    return true;
}

ssize_t blob_read_at(const struct blob *b, int64_t at, void *ret, size_t n, struct pyro_error *err)
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
        ssize_t n = blob_read_at(b, at, bytes + at, (size_t)(b->size - at), err);
        if (n < 0)
            return pyro_wrap(err, "%s", what);
        at += n;
    }
    *ret = take_ptr(&bytes);
    return true;
}

bool blob_compression(const struct blob *b, enum oci_compression *ret, struct pyro_error *err)
{
    static const uint8_t gzip[] = { 0x1f, 0x8b }, zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
    uint8_t magic[4] = { 0 };

    if (b->size && blob_read_at(b, 0, magic, sizeof(magic), err) < 0)
        return false;
    *ret = !memcmp(magic, gzip, sizeof(gzip))   ? OCI_GZIP
           : !memcmp(magic, zstd, sizeof(zstd)) ? OCI_ZSTD
                                                : OCI_PLAIN;
    return true;
}

bool arrivals_wait(struct arrivals *a, unsigned layer, int64_t at, int64_t *ret,
                   struct pyro_error *err)
{
    while (a->have[layer] <= at) {
        struct arrival message;
        ssize_t n = read(a->fd, &message, sizeof(message));
        if (n < 0 && errno == EINTR)
            continue;
        if (n != sizeof(message) || message.layer >= OCI_LAYERS_MAX)
            return pyro_fail(err, PYRO_PULL_FAILED, "not all of it has come");
        if (message.bytes > a->have[message.layer])
            a->have[message.layer] = message.bytes;
    }
    *ret = a->have[layer];
    return true;
}
