/*
 * engine/image/layout/tree_changes.c: both trees are walked side by side, twice. The first walk only
 * marks the files with several names of which one is new or may have changed.
 */
#include "engine/image/layout/tree_changes.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/image/layout/tree_order.h"
#include "engine/image/view/view_names.h"
#include "engine/image/view/view_same.h"

struct tree_changes {
    struct view *then, *now;
    uint8_t *changed; /* a bit per inode */
    uint8_t *linked;  /* a bit per inode of now: all its names come */
    uint8_t *seen[2]; /* directories, then and now: a damaged tree may go in circles */
    uint32_t inodes;
    struct buf path;
    bool is_marking;
    tree_change_fn *fn;
    void *arg;
};

/* A name on one side; number 0: it is not there. */
struct side {
    struct view *view;
    struct view_inode inode;
};

static bool test_bit(const uint8_t *bits, uint32_t i)
{
    return bits[i / 8] >> i % 8 & 1;
}

static void set_bit(uint8_t *bits, uint32_t i)
{
    bits[i / 8] |= (uint8_t)(1u << i % 8);
}

static bool damaged(const char *what, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_IO, "the disk's file system is damaged: %s", what);
}

static bool is_changed(const struct tree_changes *t, uint32_t a, uint32_t b)
{
    return a != b || b >= t->inodes || test_bit(t->changed, b);
}

static bool enter(struct tree_changes *t, int which, uint32_t inode, struct pyro_error *err)
{
    if (inode >= t->inodes)
        return damaged("no such inode", err);
    if (test_bit(t->seen[which], inode))
        return damaged("directories in a circle", err);
    set_bit(t->seen[which], inode);
    return true;
}

/* --- one name --- */

static bool look(struct side *s, struct view *v, uint32_t inode, struct pyro_error *err)
{
    *s = (struct side){ .view = v };
    if (!inode)
        return true;
    if (!view_stat(v, inode, &s->inode, err))
        return false;
    if (S_ISSOCK(s->inode.mode))
        s->inode.number = 0;
    return true;
}

static bool is_dir(const struct side *s)
{
    return s->inode.number && S_ISDIR(s->inode.mode);
}

static bool same_content(const struct side *a, const struct side *b, bool *ret,
                         struct pyro_error *err)
{
    const struct view_inode *i = &a->inode, *k = &b->inode;

    *ret = true;
    if (S_ISLNK(i->mode))
        return view_same_target(a->view, i->number, b->view, k->number, ret, err);
    if (S_ISCHR(i->mode) || S_ISBLK(i->mode))
        return view_same_device(a->view, i->number, b->view, k->number, ret, err);
    *ret = !S_ISREG(i->mode) || i->size == k->size;
    return !*ret || !S_ISREG(i->mode) ||
           view_same_bytes(a->view, i->number, b->view, k->number, ret, err);
}

/* All that a tar has of it. */
static bool is_same(const struct side *a, const struct side *b, bool *ret, struct pyro_error *err)
{
    const struct view_inode *i = &a->inode, *k = &b->inode;

    *ret = i->number && i->mode == k->mode && i->uid == k->uid && i->gid == k->gid &&
           i->mtime == k->mtime && i->mtime_ns == k->mtime_ns;
    if (*ret && !view_same_xattrs(a->view, i->number, b->view, k->number, ret, err))
        return false;
    return !*ret || same_content(a, b, ret, err);
}

/* What is there now: marked, or told of if it is not as it was. */
static bool take(struct tree_changes *t, const struct side *a, const struct side *b,
                 struct pyro_error *err)
{
    const struct view_inode *i = &b->inode;
    bool same = false;

    if (i->number >= t->inodes)
        return damaged("no such inode", err);
    if (S_ISDIR(i->mode) || i->links < 2) {
        if (t->is_marking)
            return true;
        return is_same(a, b, &same, err) && (same || t->fn(t->arg, t->path.data, i, err));
    }
    if (t->is_marking) {
        set_bit(t->linked, i->number);
        return true;
    }
    return t->fn(t->arg, t->path.data, i, err);
}

static bool walk(struct tree_changes *t, uint32_t a, uint32_t b, struct pyro_error *err);

/* A name whose inodes are not the same. */
static bool compare(struct tree_changes *t, uint32_t a, uint32_t b, struct pyro_error *err)
{
    struct side x, y;

    if (!look(&x, t->then, a, err) || !look(&y, t->now, b, err))
        return false;
    if (!y.inode.number)
        return !x.inode.number || t->is_marking || t->fn(t->arg, t->path.data, NULL, err);
    return take(t, &x, &y, err) && (!is_dir(&y) || walk(t, is_dir(&x) ? a : 0, b, err));
}

/* One whose inode is what it was, byte for byte. */
static bool pass(struct tree_changes *t, uint32_t inode, mode_t type, struct pyro_error *err)
{
    bool is_linked = test_bit(t->linked, inode) && !t->is_marking;
    struct view_inode i;

    if (type && !S_ISDIR(type) && !is_linked)
        return true;
    if (!view_stat(t->now, inode, &i, err))
        return false;
    if (S_ISDIR(i.mode))
        return walk(t, inode, inode, err);
    return !is_linked || t->fn(t->arg, t->path.data, &i, err);
}

static bool step(struct tree_changes *t, const char *name, const struct view_name *a,
                 const struct view_name *b, struct pyro_error *err)
{
    size_t length = b ? b->length : a ? a->length : 0, before = t->path.len;
    bool ok;

    if ((before && !buf_append(&t->path, "/", 1)) || !buf_append(&t->path, name, length))
        return pyro_no_memory(err, "the disk's files");
    if (t->path.len >= PATH_MAX || tree_is_of_machine(t->path.data))
        ok = true; /* nobody could open it; or nobody else wants it */
    else if (a && b && !is_changed(t, a->inode, b->inode))
        ok = pass(t, b->inode, b->type, err);
    else
        ok = compare(t, a ? a->inode : 0, b ? b->inode : 0, err);
    t->path.len = before;
    t->path.data[before] = '\0';
    return ok;
}

/* --- the walk --- */

/* The directories a (then; 0: it was none) and b (now). As deep as a path is long. */
static bool walk(struct tree_changes *t, uint32_t a, uint32_t b, struct pyro_error *err)
{
    struct view_names x = VIEW_NAMES_INIT, y = VIEW_NAMES_INIT;
    bool same = a && !is_changed(t, a, b), ok;
    struct view_names_pair pair = { .a = same ? &y : &x, .b = &y };
    const struct view_name *then, *now;
    const char *name;

    if ((a && !enter(t, 0, a, err)) || !enter(t, 1, b, err))
        return false;
    ok =
        view_names_list(t->now, b, &y, err) && (!a || same || view_names_list(t->then, a, &x, err));
    while (ok && view_names_next(&pair, &then, &now, &name))
        ok = step(t, name, then, now, err);
    view_names_release(&x);
    view_names_release(&y);
    return ok;
}

static bool walk_all(struct tree_changes *t, bool is_marking, struct pyro_error *err)
{
    struct side x, y;

    t->is_marking = is_marking;
    memset(t->seen[0], 0, t->inodes / 8 + 1);
    memset(t->seen[1], 0, t->inodes / 8 + 1);
    buf_clear(&t->path);
    if (!is_marking && is_changed(t, VIEW_ROOT, VIEW_ROOT)) {
        bool same;
        if (!look(&x, t->then, VIEW_ROOT, err) || !look(&y, t->now, VIEW_ROOT, err) ||
            !is_same(&x, &y, &same, err) || (!same && !t->fn(t->arg, ".", &y.inode, err)))
            return false;
    }
    return walk(t, VIEW_ROOT, VIEW_ROOT, err);
}

static bool tree_changes_mark(void *arg, uint32_t inode)
{
    struct tree_changes *t = arg;

    if (inode < t->inodes)
        set_bit(t->changed, inode);
    return true;
}

bool tree_changes_each(struct view *then, struct view *now, tree_change_fn *fn, void *arg,
                       struct pyro_error *err)
{
    uint32_t inodes = view_inode_count(now), more = view_inode_count(then);
    struct tree_changes t = { .then = then,
                              .now = now,
                              .inodes = (inodes > more ? inodes : more) + 1,
                              .path = BUF_INIT(PATH_MAX + VIEW_NAME_MAX + 2),
                              .fn = fn,
                              .arg = arg };
    uint8_t **const bits[] = { &t.changed, &t.linked, &t.seen[0], &t.seen[1] };
    bool ok = buf_reserve(&t.path, 1);

    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        *bits[i] = calloc(t.inodes / 8 + 1, 1);
        ok = ok && *bits[i];
    }
    if (!ok)
        pyro_no_memory(err, "the disk's files");
    ok = ok && view_each_changed(now, then, tree_changes_mark, &t, err) &&
         walk_all(&t, true, err) && walk_all(&t, false, err);
    for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
        free(*bits[i]);
    buf_release(&t.path);
    return ok;
}
