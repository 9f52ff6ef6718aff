/*
 * engine/image/unpack_deb.c: takes named files out of a Debian package on standard input. A .deb is
 * an ar archive whose member data.tar.* holds the files (deb(5)). What matches a pattern comes out
 * as a file of a stream (tree.h), under its last name; nothing else does.
 */
#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

#include "engine/image/command.h"
#include "engine/image/source.h"
#include "engine/image/tree_stream.h"

#define FILE_MAX_BYTES (1ULL << 30)
#define NAME_MAX_BYTES 200
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+~-"

struct unpack_deb_args {
    int output_fd;
    struct image_list members;
};

/* Feeds the inner archive with the outer one's current member. */
static la_ssize_t read_outer(struct archive *inner, void *outer, const void **ret_bytes)
{
    size_t n;
    la_int64_t offset;
    int rc = archive_read_data_block(outer, ret_bytes, &n, &offset);

    if (rc == ARCHIVE_EOF)
        return 0;
    if (rc < ARCHIVE_WARN) {
        archive_set_error(inner, archive_errno(outer), "%s", archive_error_string(outer));
        return -1;
    }
    return (la_ssize_t)n;
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static bool is_plain_name(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && n <= NAME_MAX_BYTES && name[0] != '.' && strspn(name, NAME_CHARACTERS) == n;
}

static bool is_wanted(const struct image_list *patterns, const char *path)
{
    for (unsigned i = 0; i < patterns->count; i++)
        if (fnmatch(patterns->items[i], path, FNM_PATHNAME | FNM_PERIOD) == 0)
            return true;
    return false;
}

static bool put_content(struct archive *a, struct tree_output *out, uint64_t size, const char *path,
                        struct pyro_error *err)
{
    const void *bytes;
    la_int64_t offset;
    uint64_t at = 0;
    size_t n;
    int rc;

    while ((rc = archive_read_data_block(a, &bytes, &n, &offset)) == ARCHIVE_OK) {
        if ((uint64_t)offset != at || n > size - at)
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s: sparse files are not expected", path);
        if (n && (!tree_put_extent(out, 0, n, err) || !tree_put_data(out, bytes, n, err)))
            return pyro_wrap(err, "%s", path);
        at += n;
    }
    if (rc != ARCHIVE_EOF)
        return source_fail(a, path, err);
    return at == size || pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s: cut short", path);
}

static bool unpack_member(struct archive *a, struct archive_entry *entry, const char *path,
                          struct tree_output *out, struct pyro_error *err)
{
    struct tree_entry file = { .type = TREE_FILE,
                               .mode = 0644,
                               .size = (uint64_t)archive_entry_size(entry),
                               .path = last_name(path),
                               .target = "" };

    if (!is_plain_name(file.path))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s: not a plain file name", path);
    if (file.size > FILE_MAX_BYTES)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s: too large", path);
    return tree_put_entry(out, &file, err) && put_content(a, out, file.size, path, err);
}

static bool unpack_data(struct archive *a, const struct image_list *patterns,
                        struct tree_output *out, int64_t *ret_count, struct pyro_error *err)
{
    struct archive_entry *entry;
    int rc;

    while ((rc = archive_read_next_header(a, &entry)) == ARCHIVE_OK || rc == ARCHIVE_WARN) {
        const char *path = archive_entry_pathname(entry);
        if (!path || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
            continue;
        while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
            path++;
        if (!is_wanted(patterns, path))
            continue;
        if (!unpack_member(a, entry, path, out, err))
            return false;
        ++*ret_count;
    }
    return rc == ARCHIVE_EOF ? tree_put_done(out, err) : source_fail(a, "the package's files", err);
}

static bool find_data(struct archive *outer, struct pyro_error *err)
{
    struct archive_entry *entry;
    int rc;

    while ((rc = archive_read_next_header(outer, &entry)) == ARCHIVE_OK || rc == ARCHIVE_WARN) {
        const char *name = archive_entry_pathname(entry);
        if (name && !strncmp(name, "data.tar", 8))
            return true;
    }
    if (rc == ARCHIVE_EOF)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "not a Debian package: it has no data.tar");
    return source_fail(outer, "not a Debian package", err);
}

static bool unpack(const struct unpack_deb_args *args, struct tree_output *out, int64_t *ret_count,
                   struct pyro_error *err)
{
    scoped_archive_read *outer = archive_read_new();
    scoped_archive_read *inner = source_new_tar(err);

    if (!outer || !inner)
        return pyro_fail(err, PYRO_NO_MEMORY, "out of memory");
    archive_read_support_format_ar(outer);
    if (!source_open_fd(outer, 0, err) || !find_data(outer, err))
        return false;
    if (archive_read_open(inner, outer, NULL, read_outer, NULL) != ARCHIVE_OK)
        return source_fail(inner, "the package's files", err);
    return unpack_data(inner, &args->members, out, ret_count, err);
}

static json_t *unpack_deb(const void *void_args, struct pyro_error *err)
{
    const struct unpack_deb_args *args = void_args;
    int fd = args->output_fd;
    struct tree_output out;
    int64_t count = 0;
    bool ok;

    if (!tree_output_init(&out, tree_stream_write, &fd, err))
        return NULL;
    ok = unpack(args, &out, &count, err);
    tree_output_release(&out);
    return ok ? json_pack("{sI}", "file_count", (json_int_t)count) : NULL;
}

static const struct image_option options[] = {
    { "output-fd", IMAGE_OPTION_FD, offsetof(struct unpack_deb_args, output_fd), true },
    { "member", IMAGE_OPTION_LIST, offsetof(struct unpack_deb_args, members), true },
};

const struct image_command image_unpack_deb = {
    .name = "unpack-deb",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .args_size = sizeof(struct unpack_deb_args),
    .run = unpack_deb,
};
