/* engine/image/tar/archive_files.c: a list of names; there are few. */
#include "engine/image/tar/archive_files.h"

#include <string.h>

#include "engine/image/tar/source.h"
#include "vmm/base/fs.h"

#define LINKS_MAX 8
#define BYTES_MAX (16LL << 30)

/*
 * A path made plain, new: from the root, or from the directory of the file `from` (NULL: the root).
 * NULL with an error when it leads out.
 */
static char *plain_path(const char *from, const char *path, struct pyro_error *err)
{
    const char *slash = from ? strrchr(from, '/') : NULL;
    scoped_free char *whole =
        str_printf("%.*s/%s", slash ? (int)(slash - from) : 0, from ? from : "", path);
    scoped_free char *plain = calloc(1, strlen(whole) + 2);
    size_t used = 0, n;

    if (!plain)
        return pyro_no_memory(err, NULL);
    for (const char *p = whole; *p; p += n) {
        p += strspn(p, "/");
        n = strcspn(p, "/");
        if (n == 0 || (n == 1 && p[0] == '.'))
            continue;
        if (n == 2 && p[0] == '.' && p[1] == '.') {
            if (!used)
                return pyro_fail(err, PYRO_CONTENT_REFUSED, "'%.300s' leads out of the archive",
                                 path);
            while (used && plain[--used] != '/')
                ;
            plain[used] = '\0';
            continue;
        }
        if (used)
            plain[used++] = '/';
        memcpy(plain + used, p, n);
        used += n;
        plain[used] = '\0';
    }
    return take_ptr(&plain);
}

static bool copy_content(struct archive_files *files, struct archive *a, struct blob *ret,
                         struct pyro_error *err)
{
    const void *bytes;
    la_int64_t offset;
    size_t n;
    int rc;

    *ret = (struct blob){ .fd = files->scratch_fd, .offset = files->bytes };
    while ((rc = archive_read_data_block(a, &bytes, &n, &offset)) == ARCHIVE_OK) {
        if (offset != ret->size)
            return pyro_fail(err, PYRO_CONTENT_REFUSED, "it is sparse");
        if ((uint64_t)(BYTES_MAX - files->bytes) < n)
            return pyro_fail(err, PYRO_CONTENT_REFUSED, "the archive is larger than %lld bytes",
                             (long long)BYTES_MAX);
        if (!fs_write_all(files->scratch_fd, bytes, n, err))
            return false;
        files->bytes += (int64_t)n;
        ret->size += (int64_t)n;
    }
    return rc == ARCHIVE_EOF || source_fail(a, "its content", err);
}

static bool take_one(struct archive_files *files, struct archive *a, struct archive_entry *entry,
                     const char *path, struct pyro_error *err)
{
    const char *hard = archive_entry_hardlink(entry), *target = archive_entry_symlink(entry);
    struct archive_file *f = &files->items[files->count];

    f->name = plain_path(NULL, path, err);
    if (!f->name)
        return false;
    files->count++;
    if (hard)
        f->link_name = plain_path(NULL, hard, err);
    else if (target)
        f->link_name = plain_path(f->name, target, err);
    if (hard || target)
        return f->link_name != NULL;
    return copy_content(files, a, &f->blob, err);
}

bool archive_files_take(struct archive_files *files, struct archive *a, struct archive_entry *entry,
                        struct pyro_error *err)
{
    int rc = ARCHIVE_OK;

    files->items = calloc(ARCHIVE_FILES_MAX, sizeof(*files->items));
    if (!files->items)
        return pyro_no_memory(err, NULL);
    while (rc == ARCHIVE_OK || rc == ARCHIVE_WARN) {
        const char *path = archive_entry_pathname(entry);
        bool is_file = archive_entry_hardlink(entry) || archive_entry_filetype(entry) == AE_IFREG ||
                       archive_entry_filetype(entry) == AE_IFLNK;
        if (!path || strlen(path) > TAR_PATH_MAX)
            return pyro_fail(err, PYRO_CONTENT_REFUSED, "a member has no name, or one too long");
        if (is_file && files->count == ARCHIVE_FILES_MAX)
            return pyro_fail(err, PYRO_CONTENT_REFUSED, "the archive has more than %d files",
                             ARCHIVE_FILES_MAX);
        if (is_file && !take_one(files, a, entry, path, err))
            return pyro_wrap(err, "member '%.300s'", path);
        rc = archive_read_next_header(a, &entry);
    }
    return rc == ARCHIVE_EOF || source_fail(a, "archive", err);
}

/* The last of that name: it is what unpacking would leave. */
static const struct archive_file *find_last(const struct archive_files *files, const char *name)
{
    for (size_t i = files->count; i > 0; i--)
        if (!strcmp(files->items[i - 1].name, name))
            return &files->items[i - 1];
    return NULL;
}

bool archive_files_find(const struct archive_files *files, const char *name, struct blob *ret,
                        struct pyro_error *err)
{
    scoped_free char *plain = plain_path(NULL, name, err);
    const struct archive_file *f = plain ? find_last(files, plain) : NULL;

    if (!plain)
        return false;
    for (int links = 0; f && f->link_name && links < LINKS_MAX; links++)
        f = find_last(files, f->link_name);
    if (!f || f->link_name)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "the archive has no '%.300s'", name);
    *ret = f->blob;
    return true;
}

void archive_files_release(struct archive_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->items[i].name);
        free(files->items[i].link_name);
    }
    free(files->items);
    *files = (struct archive_files){ 0 };
}
