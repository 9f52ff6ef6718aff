/* engine/image/diff/tree_diff.c: two trees side by side. */
#include "engine/image/diff/tree_diff.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/image/diff/tree_diff_private.h"
#include "engine/image/patch/dot_git.h"
#include "engine/image/view/view_names.h"
#include "vmm/base/file_name.h"
#include "vmm/base/file_records.h"

#define DEPTH_MAX 512

/* --- the walk --- */

static bool test_bit(const uint8_t *bits, uint32_t i)
{
    return bits[i / 8] >> i % 8 & 1;
}

static void set_bit(uint8_t *bits, uint32_t i)
{
    bits[i / 8] |= (uint8_t)(1u << i % 8);
}

static bool damaged(const struct tree_diff *d, const char *what, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_IO, "'%.300s': the disk's file system is damaged: %s",
                     d->path.len ? d->path.data : ".", what);
}

static bool is_changed(const struct tree_diff *d, uint32_t a, uint32_t b)
{
    return a != b || b >= d->inodes || test_bit(d->changed, b);
}

static bool visit(struct tree_diff *d, int side, uint32_t inode, struct pyro_error *err)
{
    if (inode >= d->inodes)
        return damaged(d, "no such inode", err);
    if (test_bit(d->visited[side], inode))
        return damaged(d, "a directory in two places", err);
    set_bit(d->visited[side], inode);
    return true;
}

static bool walk(struct tree_diff *d, uint32_t a, uint32_t b, unsigned depth,
                 struct pyro_error *err);

static bool is_dir(const struct diff_node *n)
{
    return n->inode.number && S_ISDIR(n->inode.mode);
}

/* Whether one of the last entries has no patch. */
static bool is_textless(const struct tree_diff *d, size_t from)
{
    for (size_t i = from; i < json_array_size(d->entries); i++) {
        const json_t *e = json_array_get(d->entries, i);
        if (json_is_null(json_object_get(e, "text_patch")) &&
            strcmp(json_string_or(e, "artifact_type", ""), "directory") != 0)
            return true;
    }
    return false;
}

/* Something became a directory: its deletion is reported first, as a patch needs it. A patch that
 * cannot remove the old entry cannot put anything below it either. */
static bool compare_new_directory(struct tree_diff *d, const struct diff_node *x,
                                  const struct diff_node *y, unsigned depth, struct pyro_error *err)
{
    size_t told = json_array_size(d->entries);
    bool before = d->textless, ok;

    if (!tree_diff_entry(d, x, y, true, err))
        return false;
    d->textless =
        before || json_is_null(json_object_get(json_array_get(d->entries, told), "text_patch"));
    ok = walk(d, 0, y->inode.number, depth + 1, err);
    d->textless = before;
    return ok;
}

/* A path whose inodes are not the same. */
static bool compare(struct tree_diff *d, uint32_t a, uint32_t b, unsigned depth,
                    struct pyro_error *err)
{
    struct diff_node x = { .view = d->then }, y = { .view = d->now };
    size_t told = json_array_size(d->entries), left_out = d->left_out_count;
    bool before = d->textless, ok;

    if ((a && !view_stat(d->then, a, &x.inode, err)) || (b && !view_stat(d->now, b, &y.inode, err)))
        return false;
    if (a && b && !is_dir(&x) && is_dir(&y))
        return compare_new_directory(d, &x, &y, depth, err);
    if ((is_dir(&x) || is_dir(&y)) &&
        !walk(d, is_dir(&x) ? a : 0, is_dir(&y) ? b : 0, depth + 1, err))
        return false;
    /* A directory that no patch can empty leaves no room for a file. */
    d->textless = before || (is_dir(&x) && b && !is_dir(&y) &&
                             (d->left_out_count > left_out || is_textless(d, told)));
    ok = tree_diff_entry(d, &x, &y, json_array_size(d->entries) == told, err);
    d->textless = before;
    return ok;
}

static bool compare_one(struct tree_diff *d, const struct view_name *a, const struct view_name *b,
                        unsigned depth, struct pyro_error *err)
{
    struct view_inode inode;
    mode_t type;

    if (!a || !b || is_changed(d, a->inode, b->inode))
        return compare(d, a ? a->inode : 0, b ? b->inode : 0, depth, err);
    type = b->type;
    if (!type) {
        if (!view_stat(d->now, b->inode, &inode, err))
            return false;
        type = inode.mode;
    }
    return !S_ISDIR(type) || walk(d, a->inode, b->inode, depth + 1, err);
}

/* A path that no program could open, with everything below it. */
static bool leave_out(struct tree_diff *d, struct pyro_error *err)
{
    if (json_array_size(d->left_out) < TREE_DIFF_LEFT_OUT_MAX &&
        json_array_append_new(d->left_out, name_to_json("", d->path.data)) != 0)
        return pyro_no_memory(err, "the diff");
    d->left_out_count++;
    return true;
}

/* One name of a directory, on the sides that have it. */
static bool step(struct tree_diff *d, const char *name, const struct view_name *a,
                 const struct view_name *b, unsigned depth, struct pyro_error *err)
{
    size_t length = b ? b->length : a ? a->length : 0, before = d->path.len;
    bool textless = d->textless, ok;

    if ((before && !buf_append(&d->path, "/", 1)) || !buf_append(&d->path, name, length))
        return pyro_no_memory(err, "the diff");
    /* git-apply(1) refuses a patch that changes git's own files. */
    d->textless = textless || is_dot_git(name, length);
    ok = d->path.len > FILE_PATH_MAX ? leave_out(d, err) : compare_one(d, a, b, depth, err);
    d->textless = textless;
    d->path.len = before;
    d->path.data[before] = '\0';
    return ok;
}

static bool merge(struct tree_diff *d, const struct view_names *x, const struct view_names *y,
                  unsigned depth, struct pyro_error *err)
{
    struct view_names_pair pair = { .a = x, .b = y };
    const struct view_name *a, *b;
    const char *name;

    while (view_names_next(&pair, &a, &b, &name))
        if (!step(d, name, a, b, depth, err))
            return false;
    return true;
}

/* The directories a (then) and b (now), 0 if missing. */
static bool walk(struct tree_diff *d, uint32_t a, uint32_t b, unsigned depth,
                 struct pyro_error *err)
{
    struct view_names x = VIEW_NAMES_INIT, y = VIEW_NAMES_INIT;
    bool same = a && b && !is_changed(d, a, b), ok = true;

    if (depth > DEPTH_MAX)
        return leave_out(d, err);
    if ((a && !visit(d, 0, a, err)) || (b && !visit(d, 1, b, err)))
        return false;
    if (b)
        ok = view_names_list(d->now, b, &y, err);
    if (ok && a && !same)
        ok = view_names_list(d->then, a, &x, err);
    ok = ok && merge(d, same ? &y : &x, &y, depth, err);
    view_names_release(&x);
    view_names_release(&y);
    return ok;
}

/* --- the whole --- */

static bool tree_diff_mark(void *arg, uint32_t inode)
{
    struct tree_diff *d = arg;

    if (inode < d->inodes)
        set_bit(d->changed, inode);
    return true;
}

/* A path to the root of a diff leads through directories and to one. */
static bool check_root(struct view *v, const char *root, uint32_t inode, struct pyro_error *err)
{
    struct view_inode i;

    if (!inode)
        return true;
    if (!view_stat(v, inode, &i, err))
        return false;
    if (S_ISDIR(i.mode))
        return true;
    pyro_fail(err, PYRO_WRONG_FILE_TYPE, "'%.300s' in the guest is %s, not a directory", root,
              S_ISLNK(i.mode)   ? "a symbolic link"
              : S_ISREG(i.mode) ? "a file"
                                : "a device, socket or FIFO");
    return pyro_hint(err, "make it a directory again, or go back with 'pyro workspace reset'");
}

/* 0 if it does not exist. */
static bool find_root(struct view *v, const char *root, uint32_t *ret, struct pyro_error *err)
{
    struct pyro_error why = { 0 };

    if (view_find(v, root, ret, &why))
        return check_root(v, root, *ret, err);
    *ret = 0;
    if (why.code == PYRO_FILE_NOT_FOUND)
        return true;
    return pyro_copy(err, &why);
}

static bool run(struct tree_diff *d, const char *root, struct pyro_error *err)
{
    uint32_t a, b;

    if (!view_each_changed(d->now, d->then, tree_diff_mark, d, err) ||
        !find_root(d->then, root, &a, err) || !find_root(d->now, root, &b, err))
        return false;
    return (!a && !b) || walk(d, a, b, 0, err);
}

json_t *tree_diff(struct view *then, struct view *now, const char *root, bool names_only,
                  struct pyro_error *err)
{
    struct tree_diff d = {
        .then = then,
        .now = now,
        .path = BUF_INIT(FILE_PATH_MAX + 2 + UINT16_MAX),
        .textless = names_only,
        .entries = json_array(),
        .left_out = json_array(),
    };
    json_t *result = NULL;
    uint32_t inodes = view_inode_count(now), more = view_inode_count(then);
    bool ok;

    d.inodes = (inodes > more ? inodes : more) + 1;
    d.changed = calloc(d.inodes / 8 + 1, 1);
    d.visited[0] = calloc(d.inodes / 8 + 1, 1);
    d.visited[1] = calloc(d.inodes / 8 + 1, 1);
    ok = d.entries && d.left_out && d.changed && d.visited[0] && d.visited[1] &&
         buf_reserve(&d.path, 1);
    if (!ok)
        pyro_no_memory(err, "the diff");
    ok = ok && run(&d, root, err);
    free(d.changed);
    free(d.visited[0]);
    free(d.visited[1]);
    buf_release(&d.path);
    if (ok)
        result = json_pack("{s:O, s:O, s:I}", "entries", d.entries, "left_out", d.left_out,
                           "left_out_count", (json_int_t)d.left_out_count);
    json_decref(d.entries);
    json_decref(d.left_out);
    if (ok && !result)
        pyro_no_memory(err, "the diff");
    return result;
}
