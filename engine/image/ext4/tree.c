/*
 * engine/image/ext4/tree.c: names and inodes of an image under construction. One hash table over
 * (directory, name) finds any name at once, however many a directory has; nothing here recurses,
 * because the depth is up to the archive.
 */
#include "engine/image/ext4/tree.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TABLE_FIRST_SIZE 16384

static size_t hash_of(const struct tree *t, const struct inode *directory, const char *text,
                      size_t length)
{
    uint64_t h = (uint64_t)(uintptr_t)directory * 0x9e3779b97f4a7c15u;

    for (size_t i = 0; i < length; i++)
        h = (h ^ (uint8_t)text[i]) * 0x100000001b3u;
    h ^= h >> 32;
    return h & (t->table_size - 1);
}

struct name *tree_lookup(const struct tree *t, const struct inode *directory, const char *text,
                         size_t length)
{
    struct name *n = t->table[hash_of(t, directory, text, length)];

    while (n &&
           (n->directory != directory || n->length != length || memcmp(n->text, text, length) != 0))
        n = n->chain;
    return n;
}

static bool grow_table(struct tree *t)
{
    struct tree grown = *t;

    grown.table_size *= 2;
    grown.table = calloc(grown.table_size, sizeof(*grown.table));
    if (!grown.table)
        return false;
    for (size_t i = 0; i < t->table_size; i++) {
        for (struct name *n = t->table[i], *next; n; n = next) {
            struct name **slot = &grown.table[hash_of(&grown, n->directory, n->text, n->length)];
            next = n->chain;
            n->chain = *slot;
            *slot = n;
        }
    }
    free(t->table);
    *t = grown;
    return true;
}

bool tree_init(struct tree *t, size_t inodes_max, struct pyro_error *err)
{
    memset(t, 0, sizeof(*t));
    t->inodes_max = inodes_max;
    t->table_size = TABLE_FIRST_SIZE;
    t->table = calloc(t->table_size, sizeof(*t->table));
    if (!t->table)
        return pyro_no_memory(err, NULL);
    t->root = tree_new_inode(t, S_IFDIR | 0755, err);
    if (!t->root) {
        free(t->table);
        return false;
    }
    t->root->links = 1;
    return true;
}

void inode_clear_xattrs(struct inode *i)
{
    for (struct xattr *x = i->xattrs, *next; x; x = next) {
        next = x->next;
        free(x->name);
        free(x->value);
        free(x);
    }
    i->xattrs = NULL;
}

static void free_inode(struct inode *i)
{
    inode_clear_xattrs(i);
    free(i->target);
    free(i->runs);
    free(i);
}

void tree_release(struct tree *t)
{
    if (!t->root)
        return;
    t->give_back = NULL;
    while (t->root->first)
        tree_remove(t, t->root->first);
    free_inode(t->root);
    free(t->table);
    memset(t, 0, sizeof(*t));
}

struct inode *tree_new_inode(struct tree *t, uint32_t mode, struct pyro_error *err)
{
    struct inode *i;

    if (t->inodes == t->inodes_max)
        return pyro_fail(err, PYRO_NO_SPACE, "the image has no more inodes than %zu",
                         t->inodes_max);
    i = calloc(1, sizeof(*i));
    if (!i)
        return pyro_no_memory(err, NULL);
    i->mode = mode;
    i->is_supplied = t->supplies;
    t->inodes++;
    return i;
}

void tree_drop_inode(struct tree *t, struct inode *i)
{
    for (uint32_t r = 0; t->give_back && r < i->run_count; r++)
        t->give_back(t->arg, &i->runs[r]);
    t->inodes--;
    free_inode(i);
}

static void unlink_name(struct tree *t, struct name *n)
{
    struct inode *d = n->directory;
    struct name **slot = &t->table[hash_of(t, d, n->text, n->length)];

    while (*slot != n)
        slot = &(*slot)->chain;
    *slot = n->chain;
    *(n->previous ? &n->previous->next : &d->first) = n->next;
    *(n->next ? &n->next->previous : &d->last) = n->previous;
    d->entries--;
    if (S_ISDIR(n->inode->mode))
        d->subdirectories--;
    if (--n->inode->links == 0)
        tree_drop_inode(t, n->inode);
    t->names--;
    free(n);
}

void tree_remove(struct tree *t, struct name *top)
{
    struct name *n = top;

    for (;;) {
        struct inode *above = n->directory;
        bool last = n == top;
        if (S_ISDIR(n->inode->mode) && n->inode->first) {
            n = n->inode->first;
            continue;
        }
        unlink_name(t, n);
        if (last)
            return;
        n = above->first ? above->first : above->self;
    }
}

/* The current layer has written a name, and so something in all directories above it. */
static void stamp(struct tree *t, struct name *n)
{
    for (; n && n->layer != t->layer; n = n->directory->self)
        n->layer = t->layer;
}

/* The first name of a directory that is still to be looked through, or the directory's end: NULL. */
static struct name *first_to_hide(struct tree *t, struct inode *directory)
{
    if (directory->cleared == t->layer)
        return NULL;
    directory->cleared = t->layer;
    return directory->first;
}

void tree_hide_all(struct tree *t, struct inode *top)
{
    struct name *n = first_to_hide(t, top);
    struct inode *d = top;

    for (;;) {
        struct name *next, *below;
        if (!n) {
            if (d == top)
                return;
            n = d->self->next;
            d = d->self->directory;
            continue;
        }
        next = n->next;
        if (n->layer != t->layer) {
            tree_remove(t, n);
        } else if (S_ISDIR(n->inode->mode) && (below = first_to_hide(t, n->inode))) {
            d = n->inode;
            next = below;
        }
        n = next;
    }
}

void tree_hide(struct tree *t, struct inode *directory, const char *component, size_t length)
{
    struct name *n = tree_lookup(t, directory, component, length);

    if (n && n->layer != t->layer)
        tree_remove(t, n);
    else if (n && S_ISDIR(n->inode->mode))
        tree_hide_all(t, n->inode);
}

static bool insert(struct tree *t, struct inode *directory, const char *component, size_t length,
                   struct inode *i, struct pyro_error *err)
{
    struct name *n, **slot;

    if (t->names >= t->table_size && !grow_table(t))
        return pyro_no_memory(err, NULL);
    n = malloc(sizeof(*n) + length);
    if (!n)
        return pyro_no_memory(err, NULL);
    slot = &t->table[hash_of(t, directory, component, length)];
    *n = (struct name){ .directory = directory,
                        .inode = i,
                        .previous = directory->last,
                        .chain = *slot,
                        .layer = t->layer,
                        .length = (uint8_t)length };
    memcpy(n->text, component, length);
    *slot = n;
    *(directory->last ? &directory->last->next : &directory->first) = n;
    directory->last = n;
    stamp(t, directory->self);
    directory->entries++;
    i->links++;
    t->names++;
    if (S_ISDIR(i->mode)) {
        directory->subdirectories++;
        i->self = n;
    }
    return true;
}

bool tree_add(struct tree *t, struct inode *directory, const char *component, size_t length,
              struct inode *i, struct pyro_error *err)
{
    struct name *old = tree_lookup(t, directory, component, length);

    if (old && old->inode == i) {
        stamp(t, old);
        return true;
    }
    if (i->links >= TREE_LINKS_MAX)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "more than %d hard links", TREE_LINKS_MAX);
    if (old) {
        i->links++; /* the removed tree may hold the inode's only other name */
        tree_remove(t, old);
        i->links--;
    }
    return insert(t, directory, component, length, i, err);
}

struct inode *tree_add_directory(struct tree *t, struct inode *directory, const char *component,
                                 size_t length, struct pyro_error *err)
{
    struct name *old = tree_lookup(t, directory, component, length);
    struct inode *made;

    if (old && S_ISDIR(old->inode->mode)) {
        stamp(t, old);
        return old->inode;
    }
    made = tree_new_inode(t, S_IFDIR | 0755, err);
    if (!made)
        return NULL;
    if (!tree_add(t, directory, component, length, made, err)) {
        tree_drop_inode(t, made);
        return NULL;
    }
    return made;
}

/* The next component of a path, "." and empty ones skipped; false at the end. */
static bool next_component(const char **path, const char **ret, size_t *ret_length)
{
    for (;;) {
        const char *p = *path + strspn(*path, "/");
        size_t n = strcspn(p, "/");
        *path = p + n;
        if (n == 0)
            return false;
        if (n == 1 && p[0] == '.')
            continue;
        *ret = p;
        *ret_length = n;
        return true;
    }
}

static bool is_last(const char *rest)
{
    const char *component;
    size_t length;

    return !next_component(&rest, &component, &length);
}

bool tree_is_root(const char *path)
{
    return is_last(path);
}

/*
 * Walks a path whose last component may be left over: `stop` is where that begins (or NULL). If a
 * directory is missing it is created if `make`, else the walk ends with NULL. `hops` bounds links.
 */
struct walk {
    struct tree *t;
    bool make;
    unsigned hops;
    struct pyro_error *err;
};

static struct inode *walk_target(struct walk *w, struct inode *from, const struct inode *link);

static struct inode *parent_of(const struct tree *t, const struct inode *directory)
{
    return directory->self ? directory->self->directory : t->root;
}

static struct inode *step(struct walk *w, struct inode *at, const char *component, size_t length)
{
    struct name *n = tree_lookup(w->t, at, component, length);

    if (!n)
        return w->make ? tree_add_directory(w->t, at, component, length, w->err) : NULL;
    if (S_ISLNK(n->inode->mode))
        return walk_target(w, at, n->inode);
    if (S_ISDIR(n->inode->mode))
        return n->inode;
    return pyro_fail(w->err, PYRO_INVALID_ARGUMENT, "a parent of it, '%.*s', is not a directory",
                     (int)length, component);
}

/* A link on the way, followed inside the tree; absolute ones start at its root. */
static struct inode *walk_target(struct walk *w, struct inode *from, const struct inode *link)
{
    scoped_free char *target = strdup(link->target);
    struct inode *at = link->target[0] == '/' ? w->t->root : from;
    const char *rest = target, *component;
    size_t length;

    if (!target || ++w->hops > TREE_FOLLOW_MAX)
        return pyro_fail(w->err, PYRO_INVALID_ARGUMENT,
                         "a parent of it is a link that leads nowhere");
    while (at && next_component(&rest, &component, &length)) {
        if (length == 2 && !memcmp(component, "..", 2))
            at = parent_of(w->t, at);
        else if (length > TREE_NAME_MAX)
            at = NULL;
        else
            at = step(w, at, component, length);
    }
    if (!at && w->err && w->err->code == PYRO_OK)
        pyro_fail(w->err, PYRO_INVALID_ARGUMENT, "a parent of it is a link that leads nowhere");
    return at;
}

bool tree_parent(struct tree *t, const char *path, struct inode **ret_directory,
                 const char **ret_component, size_t *ret_length, struct pyro_error *err)
{
    struct pyro_error own = { 0 };
    struct walk w = { .t = t, .make = true, .err = &own };
    struct inode *at = t->root;
    const char *component;
    size_t length;

    while (next_component(&path, &component, &length)) {
        if (length == 2 && !memcmp(component, "..", 2))
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "its name has '..'");
        if (length > TREE_NAME_MAX)
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "a name over %d bytes", TREE_NAME_MAX);
        if (is_last(path)) {
            *ret_directory = at;
            *ret_component = component;
            *ret_length = length;
            return true;
        }
        at = step(&w, at, component, length);
        if (!at)
            return pyro_copy(err, &own);
    }
    return pyro_fail(err, PYRO_INVALID_ARGUMENT, "it has no name");
}

bool tree_find_parent(struct tree *t, const char *path, struct inode **ret_directory,
                      const char **ret_component, size_t *ret_length)
{
    struct walk w = { .t = t };
    struct inode *at = t->root;
    const char *component;
    size_t length;

    while (at && next_component(&path, &component, &length)) {
        if (length > TREE_NAME_MAX || (length == 2 && !memcmp(component, "..", 2)))
            return false;
        if (is_last(path)) {
            *ret_directory = at;
            *ret_component = component;
            *ret_length = length;
            return true;
        }
        at = step(&w, at, component, length);
    }
    return false;
}

struct name *tree_find(struct tree *t, const char *path)
{
    struct inode *directory;
    const char *component;
    size_t length;

    if (!tree_find_parent(t, path, &directory, &component, &length))
        return NULL;
    return tree_lookup(t, directory, component, length);
}

bool inode_set_xattr(struct inode *i, const char *name, const void *value, size_t size,
                     struct pyro_error *err)
{
    struct xattr *x = i->xattrs;
    void *copy = malloc(size ? size : 1);

    if (!copy)
        return pyro_no_memory(err, NULL);
    if (size)
        memcpy(copy, value, size);
    while (x && strcmp(x->name, name) != 0)
        x = x->next;
    if (!x) {
        x = calloc(1, sizeof(*x));
        if (x)
            x->name = strdup(name);
        if (!x || !x->name) {
            free(x);
            free(copy);
            return pyro_no_memory(err, NULL);
        }
        x->next = i->xattrs;
        i->xattrs = x;
    }
    free(x->value);
    x->value = copy;
    x->size = size;
    return true;
}

bool inode_add_run(struct inode *i, uint32_t logical, uint64_t physical, uint32_t length,
                   struct pyro_error *err)
{
    struct run *last = i->run_count ? &i->runs[i->run_count - 1] : NULL;

    if (last && last->logical + last->length == logical &&
        last->physical + last->length == physical) {
        last->length += length;
        return true;
    }
    if (i->run_count == i->run_capacity) {
        uint32_t capacity = i->run_capacity ? i->run_capacity * 2 : 1;
        struct run *grown = realloc(i->runs, capacity * sizeof(*grown));
        if (!grown)
            return pyro_no_memory(err, NULL);
        i->runs = grown;
        i->run_capacity = capacity;
    }
    i->runs[i->run_count++] = (struct run){ logical, length, physical };
    return true;
}
