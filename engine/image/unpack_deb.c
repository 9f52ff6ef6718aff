/*
 * engine/image/unpack_deb.c: takes named files out of a Debian package on standard input. A .deb is
 * an ar archive whose member data.tar.* holds the files (deb(5)). What matches a pattern is written
 * under its last name into one directory, as a new file; nothing else is.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

#include "engine/image/command.h"
#include "engine/image/source.h"
#include "vmm/base/fs.h"

#define FILE_MAX_BYTES (1LL << 30)
#define NAME_MAX_BYTES 200
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+~-"

struct unpack_deb_args {
    int directory_fd;
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

static bool copy_content(struct archive *a, int fd, const char *path, int64_t *ret_bytes,
                         struct pyro_error *err)
{
    const void *bytes;
    la_int64_t offset;
    size_t n;
    int rc;

    *ret_bytes = 0;
    while ((rc = archive_read_data_block(a, &bytes, &n, &offset)) == ARCHIVE_OK) {
        if (offset != *ret_bytes)
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s: sparse files are not expected", path);
        if (*ret_bytes + (int64_t)n > FILE_MAX_BYTES)
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s: too large", path);
        if (!fs_write_all(fd, bytes, n, err))
            return pyro_wrap(err, "%s", path);
        *ret_bytes += (int64_t)n;
    }
    return rc == ARCHIVE_EOF || source_fail(a, path, err);
}

static bool unpack_member(struct archive *a, const char *path, int directory_fd, json_t *files,
                          struct pyro_error *err)
{
    const char *name = last_name(path);
    scoped_close int fd = -1;
    int64_t size;

    if (!is_plain_name(name))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "%s: not a plain file name", path);
    fd = openat(directory_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return pyro_fail_errno(err, "create '%s'", name);
    if (!copy_content(a, fd, path, &size, err))
        return false;
    json_array_append_new(files,
                          json_pack("{so ss sI}", "member", json_string_lossy(path, strlen(path)),
                                    "name", name, "size_bytes", (json_int_t)size));
    return true;
}

static bool unpack_data(struct archive *a, const struct unpack_deb_args *args, json_t *files,
                        struct pyro_error *err)
{
    struct archive_entry *entry;
    int rc;

    while ((rc = archive_read_next_header(a, &entry)) == ARCHIVE_OK || rc == ARCHIVE_WARN) {
        const char *path = archive_entry_pathname(entry);
        if (!path || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
            continue;
        while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
            path++;
        if (is_wanted(&args->members, path) &&
            !unpack_member(a, path, args->directory_fd, files, err))
            return false;
    }
    return rc == ARCHIVE_EOF || source_fail(a, "the package's files", err);
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

static json_t *unpack_deb(const void *void_args, struct pyro_error *err)
{
    const struct unpack_deb_args *args = void_args;
    scoped_archive_read *outer = archive_read_new();
    scoped_archive_read *inner = source_new_tar(err);
    scoped_json json_t *files = json_array();

    if (!outer || !inner || !files) {
        pyro_fail(err, PYRO_NO_MEMORY, "out of memory");
        return NULL;
    }
    archive_read_support_format_ar(outer);
    if (!source_open_fd(outer, 0, err) || !find_data(outer, err))
        return NULL;
    if (archive_read_open(inner, outer, NULL, read_outer, NULL) != ARCHIVE_OK) {
        source_fail(inner, "the package's files", err);
        return NULL;
    }
    if (!unpack_data(inner, args, files, err))
        return NULL;
    return json_pack("{sO}", "files", files);
}

static const struct image_option options[] = {
    { "directory-fd", IMAGE_OPTION_FD, offsetof(struct unpack_deb_args, directory_fd), true },
    { "member", IMAGE_OPTION_LIST, offsetof(struct unpack_deb_args, members), true },
};

const struct image_command image_unpack_deb = {
    .name = "unpack-deb",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .args_size = sizeof(struct unpack_deb_args),
    .directory_offset = offsetof(struct unpack_deb_args, directory_fd),
    .run = unpack_deb,
};
