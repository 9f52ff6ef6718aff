/*
 * Any bytes as a layer's blob, the first of which says how small the pieces are that it is read in:
 * the tar is the same in all pieces, and what libarchive makes of it where both take it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/image/tar/inflate.h"
#include "engine/image/tar/source.h"
#include "vmm/base/buf.h"

#define OUT_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* False: it is not taken. What is longer than OUT_MAX ends there. */
static bool inflate_all(int fd, size_t size, size_t step, struct buf *ret)
{
    const struct inflate_job job = { .blob = { .fd = fd, .size = (int64_t)size } };
    struct arrivals arrivals = { .fd = -1 };
    struct pyro_error err = { 0 };
    struct inflate *i = inflate_new(&job, &arrivals, &err);
    static uint8_t piece[65536];
    ssize_t n = i ? 1 : -1;

    while (n > 0 && (n = inflate_read(i, piece, step, &err)) > 0)
        if ((size_t)n > step || !buf_append(ret, piece, (size_t)n))
            break;
    if (n < 0 && (err.code == PYRO_OK || !err.message[0] || err.code == PYRO_INTERNAL))
        abort();
    if (n == 0 && inflate_consumed(i) != (int64_t)size)
        abort();
    inflate_free(i);
    return n >= 0;
}

static bool by_libarchive(const uint8_t *data, size_t size, struct buf *ret)
{
    scoped_archive_read *a = archive_read_new();
    struct archive_entry *entry;
    static uint8_t piece[65536];
    la_ssize_t n;

    if (!a)
        abort();
    archive_read_support_filter_gzip(a);
    archive_read_support_filter_zstd(a);
    archive_read_support_format_raw(a);
    if (archive_read_open_memory(a, data, size) != ARCHIVE_OK ||
        archive_read_next_header(a, &entry) != ARCHIVE_OK)
        return false;
    while ((n = archive_read_data(a, piece, sizeof(piece))) > 0)
        if (!buf_append(ret, piece, (size_t)n))
            return false;
    return n == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_buf whole = BUF_INIT(OUT_MAX), pieces = BUF_INIT(OUT_MAX), other = BUF_INIT(OUT_MAX);
    int fd = memfd_create("blob", MFD_CLOEXEC);
    size_t step = size ? 1 + data[0] * 7u : 1;
    bool ok;

    if (size)
        data++, size--;
    if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
        abort();
    ok = inflate_all(fd, size, 65536, &whole);
    if (inflate_all(fd, size, step, &pieces) != ok && whole.len < OUT_MAX / 2)
        abort();
    if (ok && whole.len < OUT_MAX / 2 &&
        (whole.len != pieces.len || (whole.len && memcmp(whole.data, pieces.data, whole.len) != 0)))
        abort();
    if (ok && size && by_libarchive(data, size, &other) && whole.len < OUT_MAX / 2 &&
        (other.len != whole.len || (other.len && memcmp(whole.data, other.data, other.len) != 0)))
        abort();
    close(fd);
    return 0;
}
