/* engine/image/diff/tree_diff_entry.c: the change of one path, in words and as a patch that
 * git-apply(1) takes. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/image/diff/text_diff.h"
#include "engine/image/diff/tree_diff_private.h"
#include "engine/image/patch/dot_git.h"
#include "engine/image/patch/patch.h"
#include "engine/image/view/view_same.h"
#include "vmm/base/file_name.h"
#include "vmm/base/utf8.h"

#define COMPARE_MAX_BYTES (1ull << 30) /* beyond it change times decide */
#define PERMISSIONS 07777u

static bool is_there(const struct diff_node *n)
{
    return n->inode.number != 0;
}

static bool is_kind(const struct diff_node *n, mode_t type)
{
    return is_there(n) && (n->inode.mode & S_IFMT) == type;
}

/* --- contents --- */

/* A file's bytes or a link's target; *ret_text false when it is not text, or too large. */
static bool read_text(const struct diff_node *n, struct buf *ret, bool *ret_text,
                      struct pyro_error *err)
{
    *ret_text = true;
    if (is_kind(n, S_IFLNK)) {
        char target[VIEW_TARGET_MAX];
        if (!view_target(n->view, n->inode.number, target, err))
            return false;
        *ret_text = buf_append_str(ret, target) && ret->len;
    } else if (is_kind(n, S_IFREG)) {
        size_t size = (size_t)n->inode.size;
        ssize_t got;
        *ret_text = n->inode.size <= TREE_DIFF_TEXT_MAX;
        if (!*ret_text)
            return true;
        if (!buf_reserve(ret, size))
            return pyro_no_memory(err, "the diff");
        got = view_read(n->view, n->inode.number, 0, ret->data, size, err);
        if (got < 0)
            return false;
        ret->len = (size_t)got;
        ret->data[got] = '\0';
    }
    if (ret->len)
        *ret_text =
            *ret_text && !memchr(ret->data, '\0', ret->len) && utf8_is_valid(ret->data, ret->len);
    return true;
}

/* Whether two of one kind have the same content. */
static bool same_content(const struct diff_node *a, const struct diff_node *b, bool *ret,
                         struct pyro_error *err)
{
    const struct view_inode *i = &a->inode, *k = &b->inode;

    *ret = true;
    if (S_ISLNK(i->mode))
        return view_same_target(a->view, i->number, b->view, k->number, ret, err);
    if (!S_ISREG(i->mode))
        return true;
    *ret = i->size == k->size;
    if (!*ret)
        return true;
    if (i->size <= COMPARE_MAX_BYTES)
        return view_same_bytes(a->view, i->number, b->view, k->number, ret, err);
    *ret = i->mtime == k->mtime && i->mtime_ns == k->mtime_ns;
    return true;
}

/* --- the patch --- */

/* Modes as git knows them. */
static unsigned git_mode(const struct diff_node *n)
{
    return is_kind(n, S_IFLNK) ? 0120000 : n->inode.mode & 0100 ? 0100755 : 0100644;
}

/* "--- a/NAME", with the tab that separates a name with blanks from a time after it. */
static bool put_name(struct buf *to, const char *mark, const char *prefix, const char *path)
{
    size_t before = to->len;

    return buf_append_str(to, mark) && name_quote(to, prefix, path) &&
           (to->data[before + strlen(mark)] == '"' || !strchr(path, ' ') ||
            buf_append(to, "\t", 1)) &&
           buf_append(to, "\n", 1);
}

static bool put_header(struct buf *to, const char *path)
{
    return buf_append_str(to, "diff --git ") && name_quote(to, "a/", path) &&
           buf_append(to, " ", 1) && name_quote(to, "b/", path) && buf_append(to, "\n", 1);
}

/* A side of a section; node NULL: /dev/null. */
struct side {
    const struct diff_node *node;
    const struct buf *text;
};

static bool put_section(struct buf *to, const char *path, const struct side *old,
                        const struct side *new, struct pyro_error *err)
{
    const struct diff_node *a = old->node, *b = new->node;
    const struct buf *x = old->text, *y = new->text;
    scoped_buf hunks = BUF_INIT(TREE_DIFF_PATCH_MAX);
    bool ok = put_header(to, path);

    if (ok && !a)
        ok = buf_printf(to, "new file mode %06o\n", git_mode(b));
    else if (ok && !b)
        ok = buf_printf(to, "deleted file mode %06o\n", git_mode(a));
    else if (ok && git_mode(a) != git_mode(b))
        ok = buf_printf(to, "old mode %06o\nnew mode %06o\n", git_mode(a), git_mode(b));
    else if (ok && is_kind(b, S_IFLNK)) /* git takes the mode from here */
        ok = buf_append_str(to, "index 0000000..0000000 120000\n");
    if (!ok)
        return pyro_no_memory(err, "the diff");
    if (!text_diff_hunks(x->len ? x->data : "", x->len, y->len ? y->data : "", y->len, &hunks, err))
        return false;
    if (!hunks.len)
        return true;
    ok = (a ? put_name(to, "--- ", "a/", path) : buf_append_str(to, "--- /dev/null\n")) &&
         (b ? put_name(to, "+++ ", "b/", path) : buf_append_str(to, "+++ /dev/null\n")) &&
         buf_append(to, hunks.data, hunks.len);
    return ok || pyro_no_memory(err, "the diff");
}

static bool is_file_or_link(const struct diff_node *n)
{
    return is_kind(n, S_IFREG) || is_kind(n, S_IFLNK);
}

/* Appends the patch; leaves `to` empty when no patch can express the change. */
static bool make_patch(const char *path, const struct diff_node *a, const struct diff_node *b,
                       struct buf *to, struct pyro_error *err)
{
    scoped_buf old = BUF_INIT(TREE_DIFF_TEXT_MAX + 1), new = BUF_INIT(TREE_DIFF_TEXT_MAX + 1);
    const struct buf empty = BUF_INIT(0);
    const struct side was = { a, &old }, is = { b, &new }, nothing = { NULL, &empty };
    bool before = is_file_or_link(a), after = is_file_or_link(b), old_text, new_text;

    if ((!before && !after) || (!is_there(a) && !after) || (!is_there(b) && !before) ||
        (is_kind(b, S_IFLNK) && is_dot_gitmodules(path)))
        return true;
    if (!read_text(a, &old, &old_text, err) || !read_text(b, &new, &new_text, err))
        return false;
    if (!old_text || !new_text)
        return true;
    if (before && after && (a->inode.mode & S_IFMT) == (b->inode.mode & S_IFMT)) {
        if (!put_section(to, path, &was, &is, err))
            return false;
        if (git_mode(a) == git_mode(b) && !(to->len && memmem(to->data, to->len, "\n@@ ", 4)))
            buf_clear(to); /* only bits that git does not track */
        return true;
    }
    return (!before || put_section(to, path, &was, &nothing, err)) &&
           (!after || put_section(to, path, &nothing, &is, err));
}

/* --- the entry --- */

static const char *kind_name(mode_t mode)
{
    return S_ISREG(mode)   ? "file"
           : S_ISDIR(mode) ? "directory"
           : S_ISLNK(mode) ? "symlink"
                           : "other";
}

static json_t *mode_text(const struct diff_node *n)
{
    return is_there(n) ? json_file_mode(n->inode.mode) : json_null();
}

static bool tell(struct tree_diff *d, const char *status, const struct diff_node *a,
                 const struct diff_node *b, struct pyro_error *err)
{
    const struct diff_node *seen = is_there(b) ? b : a;
    scoped_buf patch = BUF_INIT(TREE_DIFF_PATCH_MAX);
    json_t *entry, *text;

    if (json_array_size(d->entries) == TREE_DIFF_ENTRIES_MAX) {
        pyro_fail(err, PYRO_GUEST_ERROR, "more than %d files have changed", TREE_DIFF_ENTRIES_MAX);
        return pyro_hint(err, "compare inside the workspace, with git");
    }
    if (!d->textless && !make_patch(d->path.data, a, b, &patch, err))
        return false;
    if (patch.len > TREE_DIFF_PATCH_MAX - d->patch_bytes)
        buf_clear(&patch);
    d->patch_bytes += patch.len;
    text = patch.len ? json_stringn(patch.data, patch.len) : json_null();
    entry = json_pack("{s:o, s:s, s:s, s:o, s:o, s:o}", "path", name_to_json("", d->path.data),
                      "status", status, "artifact_type", kind_name(seen->inode.mode), "text_patch",
                      text, "old_mode", mode_text(a), "new_mode", mode_text(b));
    if (!entry || json_array_append_new(d->entries, entry) != 0)
        return pyro_no_memory(err, "the diff");
    return true;
}

bool tree_diff_entry(struct tree_diff *d, const struct diff_node *a, const struct diff_node *b,
                     bool empty, struct pyro_error *err)
{
    bool same;

    if (!is_there(a) || !is_there(b)) {
        /* Directories come and go with their content. */
        if (is_kind(is_there(b) ? b : a, S_IFDIR) && !empty)
            return true;
        return tell(d, is_there(b) ? "added" : "deleted", a, b, err);
    }
    if ((a->inode.mode & S_IFMT) != (b->inode.mode & S_IFMT))
        return tell(d, "type_changed", a, b, err);
    if (!same_content(a, b, &same, err))
        return false;
    /* A link's own permissions mean nothing. */
    if (same &&
        (S_ISLNK(b->inode.mode) || (a->inode.mode & PERMISSIONS) == (b->inode.mode & PERMISSIONS)))
        return true;
    return tell(d, "modified", a, b, err);
}
