/* tests/unit/patch_fixture.c: patches on a directory in memory. */
#include "tests/unit/patch_fixture.h"

#include <string.h>

#define CONTENT_MAX (16 * 1024 * 1024)

static struct memory_file *find(struct memory_tree *t, const char *path)
{
    for (size_t i = 0; i < t->count; i++)
        if (!strcmp(t->files[i].path, path))
            return &t->files[i];
    return NULL;
}

const struct memory_file *memory_get(const struct memory_tree *t, const char *path)
{
    return find((struct memory_tree *)(uintptr_t)t, path);
}

void memory_put(struct memory_tree *t, const char *path, char mode, const void *bytes, size_t n)
{
    struct memory_file *f = find(t, path);

    BUG_ON(!f && t->count == MEMORY_FILES_MAX);
    if (!f)
        f = &t->files[t->count++];
    else
        buf_release(&f->content);
    snprintf(f->path, sizeof(f->path), "%s", path);
    f->mode = mode;
    buf_init(&f->content, CONTENT_MAX);
    BUG_ON(!buf_append(&f->content, bytes, n));
}

static void drop(struct memory_tree *t, const char *path)
{
    struct memory_file *f = find(t, path);

    BUG_ON(!f);
    buf_release(&f->content);
    *f = t->files[--t->count];
}

void memory_release(struct memory_tree *t)
{
    while (t->count)
        drop(t, t->files[0].path);
}

/* A guest's answer to the paths. */
static void answer(struct memory_tree *t, const struct patch_tree *p, struct buf *ret)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct memory_file *f = find(t, p->entries[i].path);
        uint8_t head[FILE_ANSWER_HEADER] = { 0 };
        const uint8_t end[5] = { 0 };
        size_t n = f && f->mode != 'd' ? f->content.len : 0;
        if (f)
            head[0] = f->mode == 'l'   ? FILE_SYMLINK
                      : f->mode == 'd' ? FILE_DIRECTORY
                                       : FILE_REGULAR;
        put_u32(head + 1, f && f->mode == 'x' ? 0755 : 0644);
        put_u64(head + 5, i + 1);
        BUG_ON(!buf_append(ret, head, sizeof(head)));
        for (size_t at = 0; at < n;) { /* in chunks, as a guest does */
            size_t part = n - at < 10 ? n - at : (n - at) / 2;
            uint8_t length[4];
            put_u32(length, (uint32_t)part);
            BUG_ON(!buf_append(ret, length, 4) || !buf_append(ret, f->content.data + at, part));
            at += part;
        }
        BUG_ON(!buf_append(ret, end, sizeof(end)));
    }
}

/* Does what a file_write request says, believing that it is well formed. */
static void carry_out(struct memory_tree *t, const struct buf *changes)
{
    struct reader r = reader_of(changes->data, changes->len);
    const uint8_t *bytes;
    uint16_t n;

    if (!changes->len)
        return;
    BUG_ON(!rd_u16(&r, &n) || !rd_bytes(&r, n, &bytes));
    while (rd_left(&r)) {
        uint8_t action, expect;
        uint32_t mode;
        uint64_t inode, ctime_ns, size, length;
        char path[64];
        BUG_ON(!rd_u8(&r, &action) || !rd_u8(&r, &expect) || !rd_u32(&r, &mode) ||
               !rd_u64(&r, &inode) || !rd_u64(&r, &ctime_ns) || !rd_u64(&r, &size) ||
               !rd_u16(&r, &n) || !rd_bytes(&r, n, &bytes));
        snprintf(path, sizeof(path), "%.*s", (int)n, (const char *)bytes);
        BUG_ON((expect == FILE_EXPECT_NONE) != !find(t, path));
        BUG_ON(!rd_u64(&r, &length) || !rd_bytes(&r, length, &bytes));
        if (action == FILE_REMOVE)
            drop(t, path);
        else
            memory_put(t, path, action == FILE_LINK ? 'l' : mode & 0100 ? 'x' : 'f', bytes, length);
    }
}

bool memory_patch(struct memory_tree *t, const char *text, size_t n, struct pyro_error *err)
{
    scoped_buf files = BUF_INIT(CONTENT_MAX), changes = BUF_INIT(CONTENT_MAX);
    struct patch patch = { .files = NULL };
    struct patch_tree tree = { .entries = NULL };
    bool ok = patch_parse(text, n, &patch, err) && patch_tree_init(&tree, &patch, err);

    if (ok) {
        answer(t, &tree, &files);
        ok = patch_tree_take_files(&tree, files.data, files.len, err) &&
             patch_tree_apply(&tree, &patch, err) && patch_tree_put_changes(&tree, &changes, err);
    }
    if (ok)
        carry_out(t, &changes);
    patch_tree_release(&tree);
    patch_release(&patch);
    return ok;
}
