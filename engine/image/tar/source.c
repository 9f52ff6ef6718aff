/* engine/image/tar/source.c: libarchive, with only the formats and filters needed. */
#include "engine/image/tar/source.h"

#include <errno.h>
#include <fcntl.h>

#define PIPE_BYTES (1 << 20)
#define READ_BYTES (1 << 20)

struct archive *source_new_tar(struct pyro_error *err)
{
    struct archive *a = archive_read_new();

    if (!a)
        return pyro_no_memory(err, NULL);
    archive_read_support_format_tar(a);
    archive_read_support_filter_gzip(a);
    archive_read_support_filter_bzip2(a);
    archive_read_support_filter_xz(a);
    archive_read_support_filter_lzma(a);
    archive_read_support_filter_zstd(a);
    archive_read_support_filter_lz4(a);
    archive_read_support_filter_compress(a);
    return a;
}

bool source_open_fd(struct archive *a, int fd, struct pyro_error *err)
{
    fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES); /* fails if it is not a pipe: that is fine */
    if (archive_read_open_fd(a, fd, READ_BYTES) != ARCHIVE_OK)
        return source_fail(a, "archive", err);
    return true;
}

bool source_fail(struct archive *a, const char *what, struct pyro_error *err)
{
    const char *why = archive_error_string(a);

    if (archive_errno(a) == ENOMEM)
        return pyro_no_memory(err, what);
    return pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s: %s", what, why ? why : "cannot be read");
}
