/*
 * engine/image/layout/tree_order.c: what is still to come lies on a stack, the next on top. A
 * directory's entries take its place there, the last name first.
 */
#include "engine/image/layout/tree_order.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vmm/base/array.h"

#define WAITING_MAX 16000000

struct pending {
    char *path;
    uint32_t inode;
};

struct tree_order {
    struct view *view;
    struct pending *stack;
    size_t count, room;
    const char *directory; /* whose entries are collected */
    uint8_t *seen;         /* a bit for each directory: a damaged tree may go in circles */
    struct pyro_error *err;
    bool failed;
};

/* Of the guest program (guest/tmp.c, guest/root.c) and of mke2fs. */
bool tree_is_of_machine(const char *path)
{
    static const char *const names[] = { "lost+found", ".pyro-old-tmp" };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(path, names[i]))
            return true;
    return !strncmp(path, "run/pyro-", strlen("run/pyro-"));
}

static bool push(struct tree_order *t, char *path, uint32_t inode)
{
    struct pending *stack = t->count < WAITING_MAX
                                ? array_grown(t->stack, sizeof(*t->stack), t->count, &t->room)
                                : NULL;

    if (!stack || !path) {
        free(path);
        t->failed = true;
        return pyro_no_memory(t->err, "the disk's files");
    }
    t->stack = stack;
    t->stack[t->count++] = (struct pending){ path, inode };
    return true;
}

static bool tree_order_collect(void *arg, const char *name, size_t length, uint32_t inode,
                               mode_t type UNUSED)
{
    struct tree_order *t = arg;
    bool root = !strcmp(t->directory, ".");
    char *path;

    if (strlen(t->directory) + length + 2 > PATH_MAX)
        return true; /* nobody could open it either */
    if (asprintf(&path, "%s%s%.*s", root ? "" : t->directory, root ? "" : "/", (int)length, name) <
        0)
        path = NULL;
    if (path && tree_is_of_machine(path)) {
        free(path);
        return true;
    }
    return push(t, path, inode);
}

static int tree_order_compare(const void *a, const void *b)
{
    return strcmp(((const struct pending *)b)->path, ((const struct pending *)a)->path);
}

static bool enter(struct tree_order *t, const struct pending *p, const struct view_inode *i)
{
    uint8_t bit = (uint8_t)(1u << (i->number % 8));
    size_t from = t->count;

    if (t->seen[i->number / 8] & bit)
        return pyro_fail(t->err, PYRO_IO,
                         "the disk's file system is damaged: directories in a circle");
    t->seen[i->number / 8] |= bit;
    t->directory = p->path;
    if (!view_each(t->view, i->number, tree_order_collect, t, NULL, t->err) || t->failed)
        return false;
    qsort(t->stack + from, t->count - from, sizeof(*t->stack), tree_order_compare);
    return true;
}

static bool visit_next(struct tree_order *t, tree_order_fn *fn, void *arg)
{
    struct pending p = t->stack[--t->count];
    struct view_inode i;
    bool ok = view_stat(t->view, p.inode, &i, t->err) && fn(arg, p.path, &i, t->err) &&
              (!S_ISDIR(i.mode) || enter(t, &p, &i));

    free(p.path);
    return ok;
}

bool tree_order_each(struct view *v, tree_order_fn *fn, void *arg, struct pyro_error *err)
{
    struct tree_order t = { .view = v, .err = err };
    bool ok;

    t.seen = calloc((size_t)view_inode_count(v) / 8 + 1, 1);
    ok = (t.seen || pyro_no_memory(err, NULL)) && push(&t, strdup("."), VIEW_ROOT);
    while (ok && t.count)
        ok = visit_next(&t, fn, arg);
    while (t.count)
        free(t.stack[--t.count].path);
    free(t.stack);
    free(t.seen);
    return ok;
}
