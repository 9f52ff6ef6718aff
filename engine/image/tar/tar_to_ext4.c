/*
 * engine/image/tar/tar_to_ext4.c: one pass over a tar. Content goes to its blocks in the image as
 * it comes; names and inodes wait in a tree until the end, so that members may come in any order,
 * more than once, before their directories or without them.
 */
#include "engine/image/tar/tar_to_ext4.h"

#include <string.h>
#include <sys/stat.h>

#include "engine/image/ext4/attributes.h"
#include "engine/image/ext4/content.h"
#include "engine/image/tar/root.h"
#include "engine/image/tar/source.h"
#include "engine/image/tar/whiteout.h"

#define FILE_BYTES_MAX (((uint64_t)UINT32_MAX - 1) * BLOCK_BYTES)

struct tar_image {
    struct archive *a; /* at hand */
    struct ext4 ext4;
    struct tree tree;
    struct content content;
    struct tar_counts counts;
};

/* The tree's blocks come back to the image. Losing some for lack of memory only wastes them. */
static void tar_to_ext4_give_back(void *arg, const struct run *run)
{
    struct blocks *b = arg;

    if (!blocks_add_free(b, run->physical, run->length, NULL))
        return;
}

static bool is_id(int64_t id)
{
    return id >= 0 && id < UINT32_MAX;
}

static bool set_metadata(struct tar_image *c, struct archive_entry *entry, struct inode *i,
                         struct pyro_error *err)
{
    if (!is_id(archive_entry_uid(entry)) || !is_id(archive_entry_gid(entry)))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "its owner's number is impossible");
    i->mode = (i->mode & S_IFMT) | (archive_entry_mode(entry) & 07777);
    i->uid = (uint32_t)archive_entry_uid(entry);
    i->gid = (uint32_t)archive_entry_gid(entry);
    i->mtime = archive_entry_mtime(entry);
    i->mtime_ns = (uint32_t)archive_entry_mtime_nsec(entry);
    inode_clear_xattrs(i);
    return attributes_take(entry, i, &c->counts.skipped_xattrs, err);
}

static bool read_content(struct tar_image *c, struct archive_entry *entry, struct inode *i,
                         struct pyro_error *err)
{
    const void *bytes;
    la_int64_t offset;
    size_t n;
    int rc;

    if (archive_entry_size(entry) < 0 || (uint64_t)archive_entry_size(entry) > FILE_BYTES_MAX)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "its size is impossible");
    i->size = (uint64_t)archive_entry_size(entry);
    content_begin(&c->content, &c->ext4.blocks, i);
    while ((rc = archive_read_data_block(c->a, &bytes, &n, &offset)) == ARCHIVE_OK) {
        if (offset < 0)
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "its content does not fit its size");
        if (!content_write(&c->content, (uint64_t)offset, bytes, n, err))
            return false;
    }
    if (rc != ARCHIVE_EOF)
        return source_fail(c->a, "its content", err);
    return content_end(&c->content, err);
}

static bool set_target(struct archive_entry *entry, struct inode *i, struct pyro_error *err)
{
    const char *target = archive_entry_symlink(entry);

    if (!target || !*target || strlen(target) > TREE_TARGET_MAX)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "its target is %s",
                         target && *target ? "too long" : "missing");
    i->target = strdup(target);
    if (!i->target)
        return pyro_no_memory(err, NULL);
    i->size = strlen(target);
    return true;
}

static bool set_device(struct archive_entry *entry, struct inode *i, struct pyro_error *err)
{
    uint64_t major = archive_entry_rdevmajor(entry), minor = archive_entry_rdevminor(entry);

    if (major > 0xfff || minor > 0xfffff)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "its device number is impossible");
    i->major = (uint32_t)major;
    i->minor = (uint32_t)minor;
    return true;
}

static bool fill(struct tar_image *c, struct archive_entry *entry, struct inode *i,
                 struct pyro_error *err)
{
    if (!set_metadata(c, entry, i, err))
        return false;
    switch (i->mode & S_IFMT) {
    case S_IFREG:
        return read_content(c, entry, i, err);
    case S_IFLNK:
        return set_target(entry, i, err);
    case S_IFCHR:
    case S_IFBLK:
        return set_device(entry, i, err);
    case S_IFIFO:
    case S_IFSOCK:
        return true;
    default:
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "its type is unknown");
    }
}

static bool add_directory(struct tar_image *c, struct archive_entry *entry, const char *path,
                          struct pyro_error *err)
{
    struct inode *parent, *i = c->tree.root;
    const char *component;
    size_t length;

    if (!tree_is_root(path)) {
        if (!tree_parent(&c->tree, path, &parent, &component, &length, err))
            return false;
        i = tree_add_directory(&c->tree, parent, component, length, err);
    }
    return i && set_metadata(c, entry, i, err);
}

static bool add_hard_link(struct tar_image *c, const char *path, const char *target,
                          struct pyro_error *err)
{
    struct inode *parent;
    const char *component;
    struct name *n;
    size_t length;

    if (!tree_parent(&c->tree, path, &parent, &component, &length, err))
        return false;
    n = tree_find(&c->tree, target);
    if (!n || S_ISDIR(n->inode->mode))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "a hard link to '%s', which is %s", target,
                         n ? "a directory" : "not there");
    return tree_add(&c->tree, parent, component, length, n->inode, err);
}

static bool add_other(struct tar_image *c, struct archive_entry *entry, const char *path,
                      struct pyro_error *err)
{
    struct inode *parent, *i;
    const char *component;
    size_t length;

    if (!tree_parent(&c->tree, path, &parent, &component, &length, err))
        return false;
    i = tree_new_inode(&c->tree, archive_entry_filetype(entry), err);
    if (!i)
        return false;
    if (fill(c, entry, i, err) && tree_add(&c->tree, parent, component, length, i, err))
        return true;
    tree_drop_inode(&c->tree, i);
    return false;
}

static bool add_member(struct tar_image *c, struct archive_entry *entry, struct pyro_error *err)
{
    const char *path = archive_entry_pathname(entry), *hard_link = archive_entry_hardlink(entry);
    bool ok;

    if (!path || !*path)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "member %llu has no name",
                         (unsigned long long)c->counts.members);
    if (strlen(path) > TAR_PATH_MAX)
        ok =
            pyro_fail(err, PYRO_INVALID_ARGUMENT, "its name is longer than %d bytes", TAR_PATH_MAX);
    else if (c->tree.layer && whiteout_is_one(path))
        ok = whiteout_apply(&c->tree, path, err);
    else if (hard_link)
        ok = add_hard_link(c, path, hard_link, err);
    else if (archive_entry_filetype(entry) == AE_IFDIR)
        ok = add_directory(c, entry, path, err);
    else
        ok = add_other(c, entry, path, err);
    return ok || pyro_wrap(err, "member '%.300s'", path);
}

bool tar_image_add_member(struct tar_image *c, struct archive *a, struct archive_entry *entry,
                          struct pyro_error *err)
{
    c->a = a;
    if (c->counts.members++ == TAR_MEMBERS_MAX)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "it has more than %d members", TAR_MEMBERS_MAX);
    return add_member(c, entry, err);
}

bool tar_image_add(struct tar_image *c, struct archive *a, unsigned layer,
                   struct archive_entry *entry, struct pyro_error *err)
{
    int rc = entry ? ARCHIVE_OK : archive_read_next_header(a, &entry);

    c->tree.layer = (uint8_t)layer;
    /* A warning is about something that cannot be represented exactly, such as a name in a foreign
       character set: the bytes are kept. */
    while (rc == ARCHIVE_OK || rc == ARCHIVE_WARN) {
        if (!tar_image_add_member(c, a, entry, err))
            return false;
        rc = archive_read_next_header(a, &entry);
    }
    if (rc != ARCHIVE_EOF) {
        char what[64];
        snprintf(what, sizeof(what), "after member %llu", (unsigned long long)c->counts.members);
        return source_fail(a, what, err);
    }
    return c->counts.members || layer ||
           pyro_fail(err, PYRO_INVALID_ARGUMENT, "the archive is empty");
}

struct tree *tar_image_tree(struct tar_image *c)
{
    return &c->tree;
}

struct tar_image *tar_image_new(const struct ext4_spec *spec, struct pyro_error *err)
{
    struct tar_image *c = calloc(1, sizeof(*c));

    if (!c)
        return pyro_no_memory(err, NULL);
    if (!ext4_create(&c->ext4, spec, err) || !tree_init(&c->tree, ext4_inodes_max(&c->ext4), err)) {
        tar_image_free(c);
        return NULL;
    }
    c->tree.give_back = tar_to_ext4_give_back;
    c->tree.arg = &c->ext4.blocks;
    c->tree.root->mtime = spec->now;
    return c;
}

bool tar_image_take_base(struct tar_image *c, const struct base_image *base, struct pyro_error *err)
{
    return base_image_take(base, &c->ext4, &c->tree, err);
}

void tar_image_free(struct tar_image *c)
{
    if (!c)
        return;
    tree_release(&c->tree);
    ext4_release(&c->ext4);
    free(c);
}

bool tar_image_finish(struct tar_image *c, struct tar_counts *ret, struct pyro_error *err)
{
    if (!ext4_write_tree(&c->ext4, &c->tree, err))
        return false;
    c->counts.inodes = c->tree.inodes;
    c->counts.used_bytes =
        (ext2fs_blocks_count(c->ext4.fs->super) - ext2fs_free_blocks_count(c->ext4.fs->super)) *
        BLOCK_BYTES;
    *ret = c->counts;
    return ext4_close(&c->ext4, err);
}

bool tar_to_ext4(struct archive *a, const struct ext4_spec *spec, bool workspace,
                 struct tar_counts *ret, struct pyro_error *err)
{
    scoped_tar_image *c = tar_image_new(spec, err);

    return c && tar_image_add(c, a, 0, NULL, err) &&
           (!workspace || root_complete(&c->tree, NULL, spec->now, err)) &&
           tar_image_finish(c, ret, err);
}
