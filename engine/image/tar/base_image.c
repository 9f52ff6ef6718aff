/*
 * engine/image/tar/base_image.c: from inode numbers back to a tree. The caller has checked the
 * digest of the image, but its content is foreign: nothing in it is trusted.
 */
#include "engine/image/tar/base_image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/image/ext4/attributes.h"
#include "engine/image/view/view_runs.h"
#include "engine/image/view/view_xattr.h"

#define LAYER 1 /* all of it is below the others */

struct reader {
    struct view *v;
    struct tree *t;
    struct inode **by_number;
    uint32_t inodes;
    uint32_t *queue; /* numbers, as they are met */
    uint32_t met;
    struct inode *at;       /* that is being filled in, or whose entries are read */
    struct run *runs;       /* of all files */
    size_t count, capacity; /* of runs */
    struct pyro_error why;  /* a callback ended */
};

static bool damaged(const char *what, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_IO, "the image below is damaged: %s", what);
}

/* --- one inode --- */

static bool base_image_on_xattr(void *arg, const char *name, const void *value, size_t size)
{
    struct reader *r = arg;

    return !attributes_may_be_taken(name) || inode_set_xattr(r->at, name, value, size, &r->why);
}

static bool note_run(struct reader *r, const struct run *run)
{
    if (r->count == r->capacity) {
        size_t capacity = r->capacity ? r->capacity * 2 : 4096;
        struct run *grown = realloc(r->runs, capacity * sizeof(*grown));
        if (!grown)
            return pyro_no_memory(&r->why, NULL);
        r->runs = grown;
        r->capacity = capacity;
    }
    r->runs[r->count++] = *run;
    return true;
}

static bool base_image_on_run(void *arg, uint64_t logical, uint64_t physical, uint32_t length)
{
    struct reader *r = arg;
    struct inode *i = r->at;
    const struct run *last = i->run_count ? &i->runs[i->run_count - 1] : NULL;
    uint64_t blocks = i->size / BLOCK_BYTES + (i->size % BLOCK_BYTES != 0);
    struct run run = { (uint32_t)logical, length, physical };

    if (logical >= blocks || length > blocks - logical ||
        (last && logical < (uint64_t)last->logical + last->length))
        return damaged("where a file is", &r->why);
    return note_run(r, &run) && inode_add_run(i, run.logical, physical, length, &r->why);
}

static bool take_target(struct reader *r, uint32_t number, struct pyro_error *err)
{
    char target[VIEW_TARGET_MAX];

    if (!view_target(r->v, number, target, err))
        return false;
    if (strlen(target) != r->at->size)
        return damaged("a link's target", err);
    r->at->target = strdup(target);
    return r->at->target || pyro_no_memory(err, NULL);
}

static bool take_content(struct reader *r, uint32_t number, struct pyro_error *err)
{
    struct inode *i = r->at;

    switch (i->mode & S_IFMT) {
    case S_IFREG:
        i->is_kept = true;
        return view_each_run(r->v, number, base_image_on_run, r, err);
    case S_IFLNK:
        return take_target(r, number, err);
    case S_IFCHR:
    case S_IFBLK:
        return view_device(r->v, number, &i->major, &i->minor, err);
    default:
        i->size = 0;
        return true;
    }
}

/* What a callback could not do is an error of its own. */
static bool fill(struct reader *r, uint32_t number, struct pyro_error *err)
{
    struct view_inode stat;
    struct inode *i = r->at;

    if (!view_stat(r->v, number, &stat, err))
        return false;
    if ((stat.mode & S_IFMT) != (i->mode & S_IFMT))
        return damaged("an inode's type", err);
    i->mode = stat.mode;
    i->uid = stat.uid;
    i->gid = stat.gid;
    i->mtime = stat.mtime;
    i->mtime_ns = stat.mtime_ns;
    i->size = stat.size;
    return take_content(r, number, err) &&
           view_each_xattr(r->v, number, base_image_on_xattr, r, err) &&
           (r->why.code == PYRO_OK || pyro_copy(err, &r->why));
}

/* --- names --- */

static struct inode *meet(struct reader *r, uint32_t number, mode_t type)
{
    struct inode *i;

    if (!number || number > r->inodes || !type)
        return NULL;
    i = r->by_number[number];
    if (i) /* a further name of it */
        return S_ISDIR(type) || (i->mode & S_IFMT) != type ? NULL : i;
    i = tree_new_inode(r->t, type, &r->why);
    if (i) {
        r->by_number[number] = i;
        r->queue[r->met++] = number;
    }
    return i;
}

static bool base_image_on_entry(void *arg, const char *name, size_t length, uint32_t number,
                                mode_t type)
{
    struct reader *r = arg;
    struct inode *i = meet(r, number, type);
    bool is_new = i && !i->links;

    if (i && !tree_lookup(r->t, r->at, name, length) &&
        tree_add(r->t, r->at, name, length, i, &r->why))
        return true;
    if (is_new)
        tree_drop_inode(r->t, i);
    if (r->why.code == PYRO_OK)
        return damaged("a directory", &r->why);
    return false;
}

/* Breadth first; the numbers are their own queue. */
static bool read_all(struct reader *r, struct pyro_error *err)
{
    r->by_number[VIEW_ROOT] = r->t->root;
    r->queue[r->met++] = VIEW_ROOT;
    for (uint32_t n = 0; n < r->met; n++) {
        uint32_t number = r->queue[n];
        r->at = r->by_number[number];
        if (!fill(r, number, err))
            return false;
        if (S_ISDIR(r->at->mode) && !view_each(r->v, number, base_image_on_entry, r, NULL, err))
            return false;
        if (r->why.code != PYRO_OK)
            return pyro_copy(err, &r->why);
    }
    return true;
}

static bool read_tree(struct reader *r, struct ext4 *e, int fd, struct pyro_error *err)
{
    r->inodes = view_inode_count(r->v);
    if (r->inodes != e->fs->super->s_inodes_count)
        return pyro_fail(err, PYRO_IO, "the image below has another layout");
    r->by_number = calloc((size_t)r->inodes + 1, sizeof(struct inode *));
    r->queue = malloc(((size_t)r->inodes + 1) * sizeof(*r->queue));
    if (!r->by_number || !r->queue)
        return pyro_no_memory(err, NULL);
    return read_all(r, err) && ext4_keep(e, fd, r->runs, r->count, err);
}

static bool read_back(struct chain *chain, const struct base_image *base, struct ext4 *e,
                      struct tree *t, struct pyro_error *err)
{
    struct reader r = { .t = t };
    bool ok;

    if (chain_size_bytes(chain) != ext2fs_blocks_count(e->fs->super) * BLOCK_BYTES)
        return pyro_fail(err, PYRO_IO, "the image below has another size");
    ok = view_open((struct disk_version){ .chain = chain }, &r.v, err) &&
         read_tree(&r, e, base->fd, err);
    view_free(r.v);
    free(r.by_number);
    free(r.queue);
    free(r.runs);
    return ok;
}

/* Directories, of which one may be in another: until no more goes. */
static void leave_out(struct tree *t, const struct base_image *base)
{
    bool more = true;

    while (more) {
        more = false;
        for (size_t i = 0; i < base->supplied_count; i++) {
            struct name *n = tree_find(t, base->supplied[i]);
            if (n && S_ISDIR(n->inode->mode) && !n->inode->first) {
                tree_remove(t, n);
                more = true;
            }
        }
    }
}

bool base_image_take(const struct base_image *base, struct ext4 *e, struct tree *t,
                     struct pyro_error *err)
{
    struct chain *chain;
    bool ok;

    if (!chain_open(&base->fd, 1, &chain, err))
        return false;
    t->layer = LAYER;
    ok = read_back(chain, base, e, t, err);
    chain_free(chain);
    if (ok)
        leave_out(t, base);
    return ok;
}
