/*
 * engine/image/tar/tar_to_tree.c: from libarchive's members to a stream of files.
 *
 * Directories are ended at the end of the archive, the deepest first: until then anything may still
 * be written into them.
 */
#include "engine/image/tar/tar_to_tree.h"

#include <stdlib.h>
#include <string.h>

#include "engine/image/tar/members.h"
#include "engine/image/tar/source.h"

struct conversion {
    struct archive *a;
    struct tree_output *out; /* NULL: only look */
    const struct tar_limits *limits;
    struct members members;
    struct tree_counts counts;
    uint64_t inodes; /* that it will take */
    char *path, *target;
};

static bool refuse(const char *why, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_CONTENT_REFUSED, "%s", why);
}

static bool check_room(const struct conversion *c, struct pyro_error *err)
{
    const struct tar_limits *l = c->limits;

    if (l->max_bytes && c->counts.block_bytes > l->max_bytes)
        return pyro_fail(err, PYRO_NO_SPACE, "does not fit: there is room for %llu bytes",
                         (unsigned long long)l->max_bytes);
    if (l->max_entries && c->inodes > l->max_entries)
        return pyro_fail(err, PYRO_NO_SPACE, "does not fit: there is room for %llu files",
                         (unsigned long long)l->max_entries);
    return true;
}

static bool put(struct conversion *c, const struct tree_entry *e, struct pyro_error *err)
{
    if (!tree_count_entry(&c->counts, e, err))
        return false;
    c->inodes += e->type != TREE_HARD_LINK;
    return check_room(c, err) && (!c->out || tree_put_entry(c->out, e, err));
}

static struct tree_entry entry_of(const struct conversion *c, struct archive_entry *entry,
                                  enum tree_type type)
{
    return (struct tree_entry){ .type = type,
                                .mode = archive_entry_perm(entry) & 07777,
                                .mtime = archive_entry_mtime(entry),
                                .mtime_ns = (uint32_t)archive_entry_mtime_nsec(entry) % 1000000000,
                                .path = c->path,
                                .target = "" };
}

/* --- content --- */

static bool put_block(struct conversion *c, const void *bytes, size_t n, uint64_t at,
                      uint64_t offset, struct pyro_error *err)
{
    if (!tree_count_data(&c->counts, offset, n, err) || !check_room(c, err))
        return false;
    return !c->out ||
           (tree_put_extent(c->out, offset - at, n, err) && tree_put_data(c->out, bytes, n, err));
}

static bool put_content(struct conversion *c, uint64_t size, struct pyro_error *err)
{
    uint64_t at = 0;

    for (;;) {
        const void *bytes;
        la_int64_t offset;
        size_t n;
        int rc = archive_read_data_block(c->a, &bytes, &n, &offset);
        if (rc == ARCHIVE_EOF)
            break;
        if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
            return source_fail(c->a, "cannot be read", err);
        if (n == 0)
            continue;
        if (offset < 0 || (uint64_t)offset < at || (uint64_t)offset > size ||
            n > size - (uint64_t)offset)
            return refuse("has content that does not fit its size", err);
        if (!put_block(c, bytes, n, at, (uint64_t)offset, err))
            return false;
        at = (uint64_t)offset + n;
    }
    return at == size || !c->out || tree_put_extent(c->out, size - at, 0, err);
}

/* --- members --- */

static bool add_file(struct conversion *c, struct archive_entry *entry, struct pyro_error *err)
{
    struct tree_entry e = entry_of(c, entry, TREE_FILE);
    la_int64_t size = archive_entry_size(entry);

    if (size < 0)
        return refuse("has no size", err);
    e.size = (uint64_t)size;
    return members_add(&c->members, c->path, TREE_FILE, err) && put(c, &e, err) &&
           put_content(c, e.size, err);
}

static bool add_symlink(struct conversion *c, struct archive_entry *entry, struct pyro_error *err)
{
    struct tree_entry e = entry_of(c, entry, TREE_SYMLINK);
    size_t n;

    e.target = archive_entry_symlink(entry);
    n = e.target ? strlen(e.target) : 0;
    if (n == 0 || n > TREE_TARGET_MAX_BYTES)
        return refuse("is a symbolic link whose target cannot be kept", err);
    return members_add(&c->members, c->path, TREE_SYMLINK, err) && put(c, &e, err);
}

static bool add_hard_link(struct conversion *c, struct archive_entry *entry, const char *target,
                          struct pyro_error *err)
{
    struct tree_entry e = entry_of(c, entry, TREE_HARD_LINK);
    const struct member_name *first;

    if (!members_normalise(target, c->target, err))
        return pyro_fail(err, PYRO_CONTENT_REFUSED,
                         "is a hard link that leads out of the archive, to '%.200s'", target);
    first = members_find(&c->members, c->target);
    if (!first || first->type == TREE_DIRECTORY)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "is a hard link to '%.200s', which is %s",
                         target, first ? "a directory" : "not in the archive before it");
    e.target = c->target;
    return !strcmp(c->path, c->target) ||
           (members_add(&c->members, c->path, first->type, err) && put(c, &e, err));
}

static bool add_directory(struct conversion *c, struct archive_entry *entry, struct pyro_error *err)
{
    struct tree_entry e = entry_of(c, entry, TREE_DIRECTORY);
    struct member_name *m = members_add(&c->members, c->path, TREE_DIRECTORY, err);

    if (!m)
        return false;
    m->told = true;
    m->mode = e.mode;
    m->mtime = e.mtime;
    m->mtime_ns = e.mtime_ns;
    return put(c, &e, err);
}

static bool add_by_type(struct conversion *c, struct archive_entry *entry, struct pyro_error *err)
{
    const char *hard_link = archive_entry_hardlink(entry);

    if (!*c->path)
        return archive_entry_filetype(entry) == AE_IFDIR ||
               refuse("is the root of the archive, but not a directory", err);
    if (hard_link)
        return add_hard_link(c, entry, hard_link, err);
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
        return add_file(c, entry, err);
    case AE_IFDIR:
        return add_directory(c, entry, err);
    case AE_IFLNK:
        return add_symlink(c, entry, err);
    case AE_IFSOCK:
        return refuse("is a socket", err);
    case AE_IFIFO:
        return refuse("is a FIFO", err);
    case AE_IFCHR:
    case AE_IFBLK:
        return refuse("is a device", err);
    default:
        return refuse("is of an unknown type", err);
    }
}

static bool add_member(struct conversion *c, struct archive_entry *entry, struct pyro_error *err)
{
    const char *name = archive_entry_pathname(entry);
    struct pyro_error why = { 0 };

    if (!name)
        return refuse("a member has no name", err);
    if (members_normalise(name, c->path, &why) && add_by_type(c, entry, &why))
        return true;
    pyro_fail(err, why.code, "member '%.250s' %s", name, why.message);
    return false;
}

static bool add_all(struct conversion *c, struct pyro_error *err)
{
    struct archive_entry *entry;
    int rc;

    /* A warning is about something that cannot be represented exactly, such as a name in a foreign
       character set: the bytes are kept. */
    while ((rc = archive_read_next_header(c->a, &entry)) == ARCHIVE_OK || rc == ARCHIVE_WARN)
        if (!add_member(c, entry, err))
            return false;
    if (rc != ARCHIVE_EOF) {
        char what[64];
        snprintf(what, sizeof(what), "after member %llu", (unsigned long long)c->counts.entries);
        return source_fail(c->a, what, err);
    }
    return true;
}

/* --- the ends of directories --- */

static int tar_to_tree_deepest_first(const void *a, const void *b)
{
    const struct member_name *x = a, *y = b;
    size_t m = x->path && x->told ? strlen(x->path) : 0;
    size_t n = y->path && y->told ? strlen(y->path) : 0;

    return m < n ? 1 : m > n ? -1 : 0;
}

/* This destroys the table. */
static bool end_directories(struct conversion *c, struct pyro_error *err)
{
    struct members *m = &c->members;

    if (m->size)
        qsort(m->table, m->size, sizeof(*m->table), tar_to_tree_deepest_first);
    for (size_t i = 0; i < m->size && m->table[i].path && m->table[i].told; i++) {
        struct tree_entry e = { .type = TREE_DIRECTORY_END,
                                .mode = m->table[i].mode,
                                .mtime = m->table[i].mtime,
                                .mtime_ns = m->table[i].mtime_ns,
                                .path = m->table[i].path };
        if (!tree_put_entry(c->out, &e, err))
            return false;
    }
    return tree_put_done(c->out, err);
}

bool tar_to_tree(struct archive *a, struct tree_output *out, const struct tar_limits *limits,
                 struct tree_counts *ret, struct pyro_error *err)
{
    struct conversion c = { .a = a,
                            .out = out,
                            .limits = limits,
                            .path = malloc(BENEATH_PATH_MAX + 1),
                            .target = malloc(BENEATH_PATH_MAX + 1) };
    bool ok = (c.path && c.target) || pyro_no_memory(err, NULL);

    ok = ok && add_all(&c, err) && (!out || end_directories(&c, err));
    if (ok)
        *ret = c.counts;
    members_release(&c.members);
    free(c.path);
    free(c.target);
    return ok;
}
