/* engine/image/zstd_command.c: the sub-commands zstd and unzstd: one file, from standard input to a descriptor. */
#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/image/command.h"
#include "engine/image/tar/source.h"
#include "vmm/base/fs.h"

#define CHUNK_BYTES (256 * 1024)

struct zstd_args {
    int output_fd;
    int64_t max_bytes;
};

static inline void cleanup_archive_write(struct archive **a)
{
    archive_write_free(*a);
}

static bool write_fail(struct archive *a, struct pyro_error *err)
{
    const char *why = archive_error_string(a);

    return pyro_fail(err, archive_errno(a) == ENOSPC ? PYRO_NO_SPACE : PYRO_IO, "compress: %s",
                     why ? why : "cannot be written");
}

/* ---- zstd ---- */

/* A raw archive has one member, whose name nobody sees. */
static bool begin(struct archive *a, int output_fd, struct pyro_error *err)
{
    struct archive_entry *e = archive_entry_new();
    bool ok;

    if (!e)
        return pyro_no_memory(err, NULL);
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_pathname(e, "memory");
    ok = archive_write_set_format_raw(a) == ARCHIVE_OK &&
         archive_write_add_filter_zstd(a) == ARCHIVE_OK &&
         archive_write_open_fd(a, output_fd) == ARCHIVE_OK &&
         archive_write_header(a, e) == ARCHIVE_OK;
    archive_entry_free(e);
    return ok || write_fail(a, err);
}

static bool copy_in(struct archive *a, struct pyro_error *err)
{
    static char chunk[CHUNK_BYTES];
    ssize_t n;

    while ((n = read(STDIN_FILENO, chunk, sizeof(chunk))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pyro_fail_errno(err, "compress");
        if (archive_write_data(a, chunk, (size_t)n) != n)
            return write_fail(a, err);
    }
    return archive_write_close(a) == ARCHIVE_OK || write_fail(a, err);
}

static json_t *zstd_command_pack(const void *void_args, struct pyro_error *err)
{
    const struct zstd_args *args = void_args;
    __attribute__((cleanup(cleanup_archive_write))) struct archive *a = archive_write_new();

    if (!a)
        return pyro_no_memory(err, NULL);
    return begin(a, args->output_fd, err) && copy_in(a, err) ? json_object() : NULL;
}

/* ---- unzstd ---- */

static bool damaged(struct archive *a, struct pyro_error *err)
{
    if (archive_errno(a) == ENOMEM)
        return pyro_no_memory(err, NULL);
    return pyro_fail(err, PYRO_RECORD_INVALID, "a compressed file is damaged: %s",
                     archive_error_string(a) ? archive_error_string(a) : "it cannot be read");
}

static bool copy_out(struct archive *a, const struct zstd_args *args, struct pyro_error *err)
{
    static char chunk[CHUNK_BYTES];
    int64_t total = 0;
    la_ssize_t n;

    while ((n = archive_read_data(a, chunk, sizeof(chunk))) > 0) {
        total += n;
        if (total > args->max_bytes)
            return pyro_fail(err, PYRO_RECORD_INVALID, "a compressed file is too large");
        if (!fs_write_all(args->output_fd, chunk, (size_t)n, err))
            return false;
    }
    return n == 0 || damaged(a, err);
}

static json_t *zstd_command_unpack(const void *void_args, struct pyro_error *err)
{
    const struct zstd_args *args = void_args;
    scoped_archive_read *a = archive_read_new();
    struct archive_entry *e;

    if (!a)
        return pyro_no_memory(err, NULL);
    archive_read_support_filter_zstd(a);
    archive_read_support_format_raw(a);
    if (!source_open_fd(a, STDIN_FILENO, err))
        return NULL;
    if (archive_read_next_header(a, &e) != ARCHIVE_OK)
        return damaged(a, err) ? json_object() : NULL;
    return copy_out(a, args, err) ? json_object() : NULL;
}

static const struct image_option options[] = {
    { "output-fd", IMAGE_OPTION_FD, offsetof(struct zstd_args, output_fd), true },
    { "max-bytes", IMAGE_OPTION_SIZE, offsetof(struct zstd_args, max_bytes), false },
};

const struct image_command image_zstd = {
    .name = "zstd",
    .options = options,
    .option_count = 1,
    .args_size = sizeof(struct zstd_args),
    .run = zstd_command_pack,
};

const struct image_command image_unzstd = {
    .name = "unzstd",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .args_size = sizeof(struct zstd_args),
    .run = zstd_command_unpack,
};
