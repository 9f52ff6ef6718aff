/*
 * Fuzzes the patch parser and what it does to files. The input is a file's content up to a 0xff,
 * then a patch; every file that the patch speaks of has that content, is missing, or is a link, by
 * turns. Whatever it is: an error with a message, or changes that say what a file_write request may
 * say. And no line of a patch gets lost: what looks like a hunk's line, or like its header, is part
 * of one.
 */
#include <string.h>

#include "engine/image/patch/patch_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answer(const struct patch_tree *t, const uint8_t *content, size_t n, uint8_t kinds,
                   struct buf *ret)
{
    const uint8_t end[5] = { 0 };

    for (size_t i = 0; i < t->count; i++) {
        uint8_t head[FILE_ANSWER_HEADER] = { 0 }, length[4];
        head[0] = (kinds >> (i % 4) * 2) & 3;
        put_u32(head + 1, 0644);
        put_u32(length, (uint32_t)n);
        BUG_ON(!buf_append(ret, head, sizeof(head)));
        if (n && head[0] != FILE_MISSING && head[0] != FILE_DIRECTORY)
            BUG_ON(!buf_append(ret, length, 4) || !buf_append(ret, content, n));
        BUG_ON(!buf_append(ret, end, sizeof(end)));
    }
}

static void check_path(const uint8_t *path, size_t n)
{
    BUG_ON(!n || n > FILE_PATH_MAX || path[0] == '/' || path[n - 1] == '/' || memchr(path, 0, n));
    BUG_ON(memmem(path, n, "//", 2) || memmem(path, n, "/../", 4));
    BUG_ON((n >= 3 && !memcmp(path, "../", 3)) || (n == 2 && !memcmp(path, "..", 2)));
    BUG_ON(n >= 3 && !memcmp(path + n - 3, "/..", 3));
}

static void check_changes(const struct buf *changes)
{
    struct reader r = reader_of(changes->data, changes->len);
    const uint8_t *bytes;
    uint16_t n;

    if (!changes->len)
        return;
    BUG_ON(!rd_u16(&r, &n) || !rd_bytes(&r, n, &bytes));
    while (rd_left(&r)) {
        const uint8_t *head;
        uint64_t length;
        BUG_ON(!rd_bytes(&r, FILE_CHANGE_HEADER - 2, &head) || head[0] >= FILE_ACTION_COUNT);
        BUG_ON(!rd_u16(&r, &n) || !rd_bytes(&r, n, &bytes));
        check_path(bytes, n);
        BUG_ON(!rd_u64(&r, &length) || !rd_bytes(&r, length, &bytes));
        BUG_ON(head[0] == FILE_REMOVE && length);
    }
}

/* The hunk whose header or lines stand there; NULL: none. */
static const struct patch_hunk *hunk_at(const struct patch *p, const char *at, bool body)
{
    for (size_t i = 0; i < p->count; i++)
        for (size_t k = 0; k < p->files[i].hunk_count; k++) {
            const struct patch_hunk *h = &p->files[i].hunks[k];
            if (body ? at >= h->body && at < h->body + h->body_bytes : at == h->body)
                return h;
        }
    return NULL;
}

static bool line_is(const char *at, const char *end, const char *with)
{
    return (size_t)(end - at) >= strlen(with) && !memcmp(at, with, strlen(with));
}

static void check_nothing_lost(const struct patch *p, const char *at, const char *end)
{
    bool behind_hunk = false, names = false;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *next = newline ? newline + 1 : end;
        if (hunk_at(p, at, true)) {
            behind_hunk = true;
        } else if (line_is(at, end, "@@")) {
            BUG_ON(!hunk_at(p, next, false));
        } else if (names) {
            BUG_ON(!line_is(at, end, "+++ ") || !line_is(next, end, "@@"));
            names = behind_hunk = false;
        } else if (behind_hunk && *at != '\n' && *at != '\r') {
            names = line_is(at, end, "--- ");
            BUG_ON(!names && !line_is(at, end, "--") && strchr("+- \\", *at) && *at);
            behind_hunk = false;
        }
        at = next;
    }
    BUG_ON(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *split = size > 1 ? memchr(data + 1, 0xff, size - 1) : NULL;
    struct buf files = BUF_INIT(64 << 20), changes = BUF_INIT(64 << 20);
    struct patch patch = { .files = NULL };
    struct patch_tree tree = { .entries = NULL };
    struct pyro_error err = { 0 };
    size_t n;
    bool ok;

    if (!split || size > 65536)
        return 0;
    n = (size_t)(split - data - 1);
    ok = patch_parse((const char *)split + 1, size - n - 2, &patch, &err);
    if (ok && size <= 4096)
        check_nothing_lost(&patch, (const char *)split + 1, (const char *)data + size);
    ok = ok && patch_tree_init(&tree, &patch, &err);
    if (ok && tree.count <= 64) {
        json_t *report;
        answer(&tree, data + 1, n, data[0], &files);
        BUG_ON(!patch_tree_take_files(&tree, files.data, files.len, &err));
        if (patch_tree_apply(&tree, &patch, &err) &&
            patch_tree_put_changes(&tree, &changes, &err)) {
            check_changes(&changes);
            report = patch_tree_report(&tree);
            BUG_ON((json_array_size(report) > 0) != (changes.len > 0));
            json_decref(report);
        } else {
            BUG_ON(!err.code || !err.message[0]);
        }
    } else if (!ok) {
        BUG_ON(!err.code || !err.message[0]);
    }
    patch_tree_release(&tree);
    patch_release(&patch);
    buf_release(&files);
    buf_release(&changes);
    return 0;
}
