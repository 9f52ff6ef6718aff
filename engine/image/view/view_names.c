/* engine/image/view/view_names.c: a directory's entries are collected, and sorted. */
#include "engine/image/view/view_names.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/array.h"

#define TEXT_MAX ((size_t)1 << 30)

static bool view_names_add(void *arg, const char *name, size_t length, uint32_t inode, mode_t type)
{
    struct view_names *n = arg;
    struct view_name *items = array_grown(n->items, sizeof(*items), n->count, &n->room);

    n->failed = !items;
    if (!items)
        return false;
    n->items = items;
    n->items[n->count] = (struct view_name){
        .at = n->text.len, .length = (uint16_t)length, .inode = inode, .type = type
    };
    n->failed = !buf_append(&n->text, name, length);
    n->count += !n->failed;
    return !n->failed;
}

static int compare(const char *a, size_t n, const char *b, size_t m)
{
    int order = memcmp(a, b, n < m ? n : m);

    return order ? order : (n > m) - (n < m);
}

static int view_names_by_name(const void *a, const void *b, void *text)
{
    const struct view_name *x = a, *y = b;
    const char *base = text;

    return compare(base + x->at, x->length, base + y->at, y->length);
}

void view_names_release(struct view_names *n)
{
    free(n->items);
    buf_release(&n->text);
}

bool view_names_list(struct view *v, uint32_t directory, struct view_names *ret,
                     struct pyro_error *err)
{
    *ret = (struct view_names){ .text = BUF_INIT(TEXT_MAX) };
    if (!view_each(v, directory, view_names_add, ret, NULL, err))
        return false;
    if (ret->failed)
        return pyro_no_memory(err, "the disk's files");
    if (ret->count)
        qsort_r(ret->items, ret->count, sizeof(*ret->items), view_names_by_name, ret->text.data);
    return true;
}

bool view_names_next(struct view_names_pair *p, const struct view_name **ret_a,
                     const struct view_name **ret_b, const char **ret_name)
{
    const struct view_name *a = p->i < p->a->count ? &p->a->items[p->i] : NULL;
    const struct view_name *b = p->k < p->b->count ? &p->b->items[p->k] : NULL;
    int order =
        !a   ? 1
        : !b ? -1
             : compare(p->a->text.data + a->at, a->length, p->b->text.data + b->at, b->length);

    if (!a && !b)
        return false;
    *ret_a = order <= 0 ? a : NULL;
    *ret_b = order >= 0 ? b : NULL;
    *ret_name = *ret_b ? p->b->text.data + b->at : p->a->text.data + a->at;
    p->i += *ret_a != NULL;
    p->k += *ret_b != NULL;
    return true;
}
