/* engine/image/patch/patch_tree.c: the effect of a patch on its files. */
#include "engine/image/patch/patch_tree.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/file_name.h"

#define TYPE_MASK 0170000u
#define TYPE_LINK 0120000u
#define NEW_MODE 0644u

/* --- the entries --- */

static int patch_tree_by_path(const void *a, const void *b)
{
    return strcmp(((const struct patch_entry *)a)->path, ((const struct patch_entry *)b)->path);
}

bool patch_tree_init(struct patch_tree *t, const struct patch *p, struct pyro_error *err)
{
    size_t count = 0, kept = 0;

    *t = (struct patch_tree){ .entries = calloc(2 * p->count + 1, sizeof(*t->entries)) };
    if (!t->entries)
        return pyro_no_memory(err, "the patch");
    for (size_t i = 0; i < p->count; i++) {
        if (p->files[i].old_path)
            t->entries[count++].path = p->files[i].old_path;
        if (p->files[i].new_path)
            t->entries[count++].path = p->files[i].new_path;
    }
    qsort(t->entries, count, sizeof(*t->entries), patch_tree_by_path);
    for (size_t i = 0; i < count; i++)
        if (!kept || strcmp(t->entries[kept - 1].path, t->entries[i].path) != 0)
            t->entries[kept++] = t->entries[i];
    t->count = kept;
    if (kept > FILE_CHANGES_MAX)
        return pyro_fail(err, PYRO_PATCH_REJECTED, "the patch changes %zu files; at most %d", kept,
                         FILE_CHANGES_MAX);
    return true;
}

void patch_tree_release(struct patch_tree *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->entries[i].owned);
    free(t->entries);
    *t = (struct patch_tree){ .entries = NULL };
}

static struct patch_entry *find(struct patch_tree *t, const char *path)
{
    struct patch_entry key = { .path = path };

    return bsearch(&key, t->entries, t->count, sizeof(key), patch_tree_by_path);
}

bool patch_tree_put_paths(const struct patch_tree *t, struct buf *ret, struct pyro_error *err)
{
    for (size_t i = 0; i < t->count; i++) {
        size_t n = strlen(t->entries[i].path);
        const uint8_t length[2] = { (uint8_t)n, (uint8_t)(n >> 8) };
        if (!buf_append(ret, length, 2) || !buf_append(ret, t->entries[i].path, n))
            return pyro_fail(err, PYRO_PATCH_REJECTED, "the patch names too many files");
    }
    return true;
}

/* The chunks of one content, moved together in place. */
static bool take_content(struct reader *r, struct patch_state *ret)
{
    uint8_t *start = (uint8_t *)(uintptr_t)r->at, *to = start;
    const uint8_t *bytes;
    uint32_t n;

    while (rd_u32(r, &n)) {
        if (!n) {
            ret->bytes = (const char *)start;
            ret->length = (size_t)(to - start);
            return true;
        }
        if (!rd_bytes(r, n, &bytes))
            return false;
        memmove(to, bytes, n);
        to += n;
    }
    return false;
}

static bool take_file(struct reader *r, struct patch_entry *e)
{
    uint8_t kind, more;

    if (!rd_u8(r, &kind) || kind >= FILE_KIND_COUNT || !rd_u32(r, &e->before.mode) ||
        !rd_u64(r, &e->inode) || !rd_u64(r, &e->ctime_ns) || !rd_u64(r, &e->size_bytes) ||
        !take_content(r, &e->before) || !rd_u8(r, &more))
        return false;
    e->before.kind = (enum file_kind)kind;
    e->before.mode &= 07777;
    e->too_large = more || e->before.length > PATCH_FILE_MAX_BYTES;
    e->now = e->before;
    return true;
}

bool patch_tree_take_files(struct patch_tree *t, char *bytes, size_t n, struct pyro_error *err)
{
    struct reader r = reader_of(bytes, n);

    for (size_t i = 0; i < t->count; i++)
        if (!take_file(&r, &t->entries[i]))
            return pyro_fail(err, PYRO_GUEST_PROTOCOL, "the guest sent something other than files");
    return !rd_left(&r) ||
           pyro_fail(err, PYRO_GUEST_PROTOCOL, "the guest sent more than the files");
}

/* --- applying --- */

/* Whether a file or link is in the way. A directory may be one that the patch empties, a link
 * before it one that the patch removes: the guest will see. */
static bool is_there(const struct patch_state *s)
{
    return s->kind == FILE_REGULAR || s->kind == FILE_SYMLINK || s->kind == FILE_OTHER;
}

static bool missing(const struct patch_file *f, const char *path, struct pyro_error *err)
{
    pyro_fail(err, PYRO_PATCH_REJECTED,
              "'%.300s' (line %u of the patch): there is no such file, and the patch does not make "
              "it",
              path, f->line);
    return pyro_hint(err, "names in a patch are relative to /workspace, behind a/ and b/");
}

static bool check_source(const struct patch_file *f, const struct patch_entry *e,
                         struct pyro_error *err)
{
    bool link = (f->old_mode & TYPE_MASK) == TYPE_LINK;

    switch (e->now.kind) {
    case FILE_MISSING:
        return missing(f, e->path, err);
    case FILE_REGULAR:
        if (link)
            return pyro_fail(err, PYRO_PATCH_REJECTED,
                             "'%.300s' is a file, and the patch changes a symbolic link", e->path);
        if (e->too_large)
            return pyro_fail(err, PYRO_PATCH_REJECTED,
                             "'%.300s' is over %d MiB: too large to be patched", e->path,
                             PATCH_FILE_MAX_BYTES >> 20);
        return true;
    case FILE_SYMLINK:
        if (link)
            return true;
        pyro_fail(err, PYRO_PATH_REFUSED, "'%.300s' is a symbolic link, and links are not followed",
                  e->path);
        return pyro_hint(err, "name the file it leads to");
    case FILE_BEHIND_LINK:
        pyro_fail(err, PYRO_PATH_REFUSED,
                  "'%.300s' is behind a symbolic link, and links are not followed", e->path);
        return pyro_hint(err, "name the file itself");
    case FILE_DIRECTORY:
        return pyro_fail(err, PYRO_WRONG_FILE_TYPE, "'%.300s' is a directory", e->path);
    default:
        return pyro_fail(err, PYRO_WRONG_FILE_TYPE, "'%.300s' is not a regular file", e->path);
    }
}

static uint32_t mode_of(const struct patch_file *f, uint32_t old)
{
    if (!f->new_mode)
        return old;
    return f->new_mode & 0100 ? old | (old & 0444) >> 2 : old & ~0111u;
}

/* The patched text of `from`: bytes that the caller owns. */
static bool make(const struct patch_file *f, const struct patch_state *from,
                 struct patch_state *ret, char **ret_owned, struct pyro_error *err)
{
    uint32_t type = f->new_mode & TYPE_MASK;
    bool link = type ? type == TYPE_LINK : from->kind == FILE_SYMLINK;
    scoped_buf text = BUF_INIT(PATCH_FILE_MAX_BYTES);

    if (from->kind != FILE_MISSING && link != (from->kind == FILE_SYMLINK))
        return pyro_fail(err, PYRO_PATCH_REJECTED,
                         "'%.300s' cannot turn from a file into a link or back: remove one, then "
                         "make the other",
                         patch_file_name(f));
    if (!patch_apply_hunks(f, from->bytes, from->length, &text, err))
        return false;
    if (link && (!text.len || text.len >= PATH_MAX || memchr(text.data, '\0', text.len)))
        return pyro_fail(err, PYRO_PATCH_REJECTED, "'%.300s': that is not a valid link target",
                         patch_file_name(f));
    *ret = (struct patch_state){ .kind = link ? FILE_SYMLINK : FILE_REGULAR,
                                 .mode =
                                     mode_of(f, from->kind == FILE_MISSING ? NEW_MODE : from->mode),
                                 .length = text.len };
    *ret_owned = text.len ? buf_take(&text) : NULL;
    ret->bytes = *ret_owned;
    return true;
}

static void set_now(struct patch_entry *e, const struct patch_state *now, char *owned)
{
    free(e->owned);
    e->owned = owned;
    e->now = *now;
}

static bool remove_one(const struct patch_file *f, struct patch_entry *e, struct pyro_error *err)
{
    const struct patch_state none = { .kind = FILE_MISSING };
    scoped_buf left = BUF_INIT(PATCH_FILE_MAX_BYTES);

    if (!patch_apply_hunks(f, e->now.bytes, e->now.length, &left, err))
        return false;
    if (left.len)
        return pyro_fail(err, PYRO_PATCH_REJECTED,
                         "'%.300s' would be deleted with lines that are not in the patch", e->path);
    set_now(e, &none, NULL);
    return true;
}

static bool apply_file(struct patch_tree *t, const struct patch_file *f, struct pyro_error *err)
{
    struct patch_entry *from = f->old_path ? find(t, f->old_path) : NULL;
    struct patch_entry *to = f->new_path ? find(t, f->new_path) : NULL;
    const struct patch_state nothing = { .kind = FILE_MISSING };
    const struct patch_state *source = from ? &from->now : &nothing;
    struct patch_state made = nothing;
    char *owned = NULL;

    if (f->may_add && from && from->now.kind == FILE_MISSING && f->hunk_count == 1 &&
        !f->hunks[0].old_count)
        source = &nothing;
    else if (from && !check_source(f, from, err))
        return false;
    if (!to)
        return from && remove_one(f, from, err);
    if (to != from && is_there(&to->now))
        return pyro_fail(err, PYRO_PATCH_REJECTED,
                         "'%.300s' (line %u of the patch) already exists, and the patch creates it",
                         to->path, f->line);
    if (!make(f, source, &made, &owned, err))
        return false;
    if (f->kind == PATCH_RENAME && from && from != to)
        set_now(from, &nothing, NULL);
    set_now(to, &made, owned);
    return true;
}

bool patch_tree_apply(struct patch_tree *t, const struct patch *p, struct pyro_error *err)
{
    for (size_t i = 0; i < p->count; i++)
        if (!apply_file(t, &p->files[i], err))
            return false;
    return true;
}

/* --- the results --- */

static bool is_changed(const struct patch_entry *e)
{
    const struct patch_state *a = &e->before, *b = &e->now;

    if (a->kind != b->kind)
        return true;
    return a->kind != FILE_MISSING &&
           (a->length != b->length || (a->kind == FILE_REGULAR && a->mode != b->mode) ||
            (a->length && memcmp(a->bytes, b->bytes, a->length) != 0));
}

static bool put_change(const struct patch_entry *e, struct buf *ret)
{
    bool removed = e->now.kind == FILE_MISSING;
    enum file_action action = removed                       ? FILE_REMOVE
                              : e->now.kind == FILE_SYMLINK ? FILE_LINK
                                                            : FILE_WRITE;
    uint8_t head[FILE_CHANGE_HEADER], length[8];
    size_t n = strlen(e->path);

    head[0] = (uint8_t)action;
    head[1] = is_there(&e->before) ? FILE_EXPECT_SAME : FILE_EXPECT_NONE;
    put_u32(head + 2, e->now.mode);
    put_u64(head + 6, e->inode);
    put_u64(head + 14, e->ctime_ns);
    put_u64(head + 22, e->size_bytes);
    head[30] = (uint8_t)n;
    head[31] = (uint8_t)(n >> 8);
    put_u64(length, removed ? 0 : e->now.length);
    return buf_append(ret, head, sizeof(head)) && buf_append(ret, e->path, n) &&
           buf_append(ret, length, sizeof(length)) &&
           (removed || buf_append(ret, e->now.bytes, e->now.length));
}

/* The directory that both paths lie below. */
static size_t common_directory(const char *a, const char *b)
{
    size_t slash = 0;

    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '/')
            slash = i;
    return slash;
}

bool patch_tree_put_changes(const struct patch_tree *t, struct buf *ret, struct pyro_error *err)
{
    const struct patch_entry *first = NULL, *last = NULL;
    size_t n;

    for (size_t i = 0; i < t->count; i++) {
        if (!is_changed(&t->entries[i]))
            continue;
        first = first ? first : &t->entries[i];
        last = &t->entries[i];
    }
    if (!first)
        return true;
    n = common_directory(first->path, last->path);
    if (!buf_append(ret, (const uint8_t[]){ (uint8_t)n, (uint8_t)(n >> 8) }, 2) ||
        !buf_append(ret, first->path, n))
        return pyro_no_memory(err, "the patch");
    for (size_t i = 0; i < t->count; i++)
        if (is_changed(&t->entries[i]) && !put_change(&t->entries[i], ret))
            return pyro_fail(err, PYRO_PATCH_REJECTED, "the patched files are over %d MiB",
                             PATCH_FILES_MAX_BYTES >> 20);
    return true;
}

json_t *patch_tree_report(const struct patch_tree *t)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < t->count; i++) {
        const struct patch_entry *e = &t->entries[i];
        const char *status = !is_there(&e->before)         ? "added"
                             : e->now.kind == FILE_MISSING ? "deleted"
                                                           : "modified";
        if (is_changed(e))
            json_array_append_new(
                list, json_pack("{s:o, s:s}", "path", name_to_json("", e->path), "status", status));
    }
    return list;
}
