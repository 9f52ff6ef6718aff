/*
 * engine/image/layout/layer_writer.c: one archive writer in another: the inner makes the tar, the
 * outer compresses it. Bytes are hashed on their way out of each.
 */
#include "engine/image/layout/layer_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>

#include "engine/image/layout/entry_attributes.h"
#include "engine/image/layout/tree_changes.h"
#include "engine/image/layout/tree_order.h"
#include "engine/image/view/view_xattr.h"

#define CHUNK_BYTES (256 * 1024)
#define WHITEOUT ".wh."

struct layer_writer {
    struct blob_archive *to;
    struct view *view;
    struct archive *tar, *gzip;
    struct hash tar_hash;
    char **first_names; /* by inode: of what has several */
    uint64_t entries, bytes;
    struct pyro_error why; /* of a callback that failed */
    uint8_t chunk[CHUNK_BYTES];
};

static la_ssize_t layer_writer_on_blob(struct archive *a, void *arg, const void *bytes, size_t n)
{
    struct layer_writer *w = arg;

    if (blob_archive_add(w->to, bytes, n, &w->why))
        return (la_ssize_t)n;
    archive_set_error(a, EIO, "%s", w->why.message);
    return -1;
}

static la_ssize_t layer_writer_on_tar(struct archive *a, void *arg, const void *bytes, size_t n)
{
    struct layer_writer *w = arg;

    if (hash_add(&w->tar_hash, bytes, n, &w->why) &&
        archive_write_data(w->gzip, bytes, n) == (la_ssize_t)n)
        return (la_ssize_t)n;
    archive_set_error(a, EIO, "%s", *w->why.message ? w->why.message : "compression failed");
    return -1;
}

static bool fail_archive(struct layer_writer *w, struct archive *a, struct pyro_error *err)
{
    const char *text = archive_error_string(a);

    if (w->why.code != PYRO_OK)
        return pyro_copy(err, &w->why);
    return pyro_fail(err, PYRO_IO, "write the layer: %s", text ? text : "the library fails");
}

/* The raw format of the outer one is a single member without a header. */
static bool open_writers(struct layer_writer *w, struct pyro_error *err)
{
    struct archive_entry *entry = archive_entry_new();
    bool ok;

    if (!entry || !w->tar || !w->gzip) {
        archive_entry_free(entry);
        return pyro_no_memory(err, NULL);
    }
    archive_entry_set_filetype(entry, AE_IFREG);
    ok = archive_write_set_format_raw(w->gzip) == ARCHIVE_OK &&
         archive_write_add_filter_gzip(w->gzip) == ARCHIVE_OK &&
         archive_write_set_options(w->gzip, "gzip:!timestamp") == ARCHIVE_OK &&
         archive_write_set_bytes_per_block(w->gzip, CHUNK_BYTES) == ARCHIVE_OK &&
         archive_write_set_bytes_in_last_block(w->gzip, 1) == ARCHIVE_OK &&
         archive_write_open(w->gzip, w, NULL, layer_writer_on_blob, NULL) == ARCHIVE_OK &&
         archive_write_header(w->gzip, entry) == ARCHIVE_OK;
    archive_entry_free(entry);
    if (!ok)
        return fail_archive(w, w->gzip, err);
    ok = archive_write_set_format_pax_restricted(w->tar) == ARCHIVE_OK &&
         archive_write_set_options(w->tar, "hdrcharset=BINARY,xattrheader=SCHILY") == ARCHIVE_OK &&
         archive_write_open(w->tar, w, NULL, layer_writer_on_tar, NULL) == ARCHIVE_OK;
    return ok || fail_archive(w, w->tar, err);
}

static void set_metadata(struct archive_entry *entry, const struct view_inode *i)
{
    archive_entry_set_mode(entry, (mode_t)i->mode);
    archive_entry_set_uid(entry, i->uid);
    archive_entry_set_gid(entry, i->gid);
    archive_entry_set_mtime(entry, i->mtime, (long)i->mtime_ns);
    archive_entry_set_size(entry, S_ISREG(i->mode) ? (la_int64_t)i->size : 0);
}

static bool set_particulars(struct layer_writer *w, struct archive_entry *entry,
                            const struct view_inode *i, struct pyro_error *err)
{
    char target[VIEW_TARGET_MAX];
    unsigned major, minor;

    if (S_ISLNK(i->mode)) {
        if (!view_target(w->view, i->number, target, err))
            return false;
        archive_entry_set_symlink(entry, target);
        return true;
    }
    if (S_ISCHR(i->mode) || S_ISBLK(i->mode)) {
        if (!view_device(w->view, i->number, &major, &minor, err))
            return false;
        archive_entry_set_rdevmajor(entry, major);
        archive_entry_set_rdevminor(entry, minor);
    }
    return entry_attributes_add(w->view, i->number, entry, err);
}

static bool write_content(struct layer_writer *w, const struct view_inode *i,
                          struct pyro_error *err)
{
    if (i->size > (uint64_t)LAYER_WRITTEN_BYTES_MAX - w->bytes)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "the files together are larger than %lld bytes",
                         LAYER_WRITTEN_BYTES_MAX);
    w->bytes += i->size;
    for (uint64_t at = 0; at < i->size;) {
        ssize_t n = view_read(w->view, i->number, at, w->chunk, sizeof(w->chunk), err);
        if (n < 0)
            return false;
        if (n == 0)
            return pyro_fail(err, PYRO_IO, "the disk's file system is damaged: a file's size");
        if (archive_write_data(w->tar, w->chunk, (size_t)n) != n)
            return fail_archive(w, w->tar, err);
        at += (uint64_t)n;
    }
    return true;
}

/* Whether it is a further name of what was written; if it is the first one, that is noted. */
static bool take_hard_link(struct layer_writer *w, const char *path, const struct view_inode *i,
                           const char **ret, struct pyro_error *err)
{
    char **first = &w->first_names[i->number];

    *ret = NULL;
    if (S_ISDIR(i->mode) || i->links < 2)
        return true;
    *ret = *first;
    if (!*first)
        *first = strdup(path);
    return *first || pyro_no_memory(err, NULL);
}

static size_t name_at(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash + 1 - path) : 0;
}

static bool write_entry(struct layer_writer *w, struct archive_entry *entry, const char *path,
                        const struct view_inode *i, struct pyro_error *err)
{
    const char *first;

    if (!strncmp(path + name_at(path), WHITEOUT, strlen(WHITEOUT)))
        return pyro_fail(err, PYRO_CONTENT_REFUSED,
                         "in an image such a name says that a file is gone: rename or remove it");
    if (!take_hard_link(w, path, i, &first, err))
        return false;
    archive_entry_set_pathname(entry, path);
    set_metadata(entry, i);
    if (first) {
        archive_entry_set_hardlink(entry, first);
        archive_entry_set_size(entry, 0);
    } else if (!set_particulars(w, entry, i, err)) {
        return false;
    }
    if (archive_write_header(w->tar, entry) < ARCHIVE_WARN)
        return fail_archive(w, w->tar, err);
    w->entries++;
    return first || !S_ISREG(i->mode) || write_content(w, i, err);
}

/* An empty file whose name says what is gone. */
static bool write_whiteout(struct layer_writer *w, struct archive_entry *entry, const char *path,
                           struct pyro_error *err)
{
    size_t at = name_at(path);
    char *name;

    if (asprintf(&name, "%.*s" WHITEOUT "%s", (int)at, path, path + at) < 0)
        return pyro_no_memory(err, NULL);
    archive_entry_set_pathname(entry, name);
    free(name);
    archive_entry_set_mode(entry, S_IFREG | 0600);
    archive_entry_set_size(entry, 0);
    archive_entry_set_mtime(entry, 0, 0);
    w->entries++;
    return archive_write_header(w->tar, entry) >= ARCHIVE_WARN || fail_archive(w, w->tar, err);
}

/* `i` NULL: it is gone. Sockets are of programs that run: a tar has no place for them. */
static bool layer_writer_visit(void *arg, const char *path, const struct view_inode *i,
                               struct pyro_error *err)
{
    struct layer_writer *w = arg;
    struct archive_entry *entry;
    bool ok;

    if (i && S_ISSOCK(i->mode))
        return true;
    entry = archive_entry_new();
    if (!entry)
        return pyro_no_memory(err, NULL);
    ok = i ? write_entry(w, entry, path, i, err) : write_whiteout(w, entry, path, err);
    archive_entry_free(entry);
    return ok || pyro_wrap(err, "'%.300s'", path);
}

static bool close_writer(struct layer_writer *w, struct archive *a, struct pyro_error *err)
{
    return archive_write_close(a) == ARCHIVE_OK || fail_archive(w, a, err);
}

static bool write_all(struct layer_writer *w, struct view *then, struct written_layer *ret,
                      struct pyro_error *err)
{
    if (!blob_archive_open(w->to, err) || !hash_begin(&w->tar_hash, NULL, err) ||
        !open_writers(w, err) ||
        !(then ? tree_changes_each(then, w->view, layer_writer_visit, w, err)
               : tree_order_each(w->view, layer_writer_visit, w, err)) ||
        !close_writer(w, w->tar, err) || !close_writer(w, w->gzip, err) ||
        !hash_end(&w->tar_hash, ret->diff_id, err))
        return false;
    ret->entries = w->entries;
    return blob_archive_close(w->to, &ret->blob, err);
}

static void release(struct layer_writer *w, uint32_t inodes)
{
    archive_write_free(w->tar);
    archive_write_free(w->gzip);
    hash_release(&w->tar_hash);
    for (uint32_t i = 0; w->first_names && i <= inodes; i++)
        free(w->first_names[i]);
    free(w->first_names);
    free(w);
}

bool layer_write(struct blob_archive *to, struct view *v, struct view *then,
                 struct written_layer *ret, struct pyro_error *err)
{
    struct layer_writer *w = calloc(1, sizeof(*w));
    uint32_t inodes = view_inode_count(v);
    bool ok;

    if (!w)
        return pyro_no_memory(err, NULL);
    w->to = to;
    w->view = v;
    w->tar = archive_write_new();
    w->gzip = archive_write_new();
    w->first_names = calloc((size_t)inodes + 1, sizeof(*w->first_names));
    ok = (w->first_names || pyro_no_memory(err, NULL)) && write_all(w, then, ret, err);
    release(w, inodes);
    return ok;
}
