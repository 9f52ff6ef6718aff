/* engine/file/changes.c: the request file_write. */
#include "engine/file/changes.h"

#include <stdlib.h>
#include <string.h>

#include "engine/client/transfer.h"
#include "vmm/base/fs.h"

#define HEADS_MAX_BYTES (64u * 1024 * 1024)

struct change_part {
    size_t head_end; /* in heads */
    struct iovec content;
};

void changes_init(struct changes *c)
{
    *c = (struct changes){ .heads = BUF_INIT(HEADS_MAX_BYTES) };
}

void changes_release(struct changes *c)
{
    buf_release(&c->heads);
    free(c->parts);
    free(c->base);
}

/* Shortens the base to its common part with the path's directory. */
static void share_base(struct changes *c, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0, same = 0;

    if (!c->base) {
        c->base = str_printf("%.*s", (int)n, path);
        return;
    }
    while (same < n && c->base[same] && c->base[same] == path[same])
        same++;
    /* Whole names only. */
    if (!((same == n || path[same] == '/') && (!c->base[same] || c->base[same] == '/')))
        while (same && path[--same] != '/')
            ;
    c->base[same] = '\0';
}

bool changes_add(struct changes *c, const struct change *change, struct pyro_error *err)
{
    size_t n = strlen(change->path);
    uint8_t head[FILE_CHANGE_HEADER], length[8];

    if (n > FILE_PATH_MAX || c->count == FILE_CHANGES_MAX)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "too many files at once, or too long a path");
    head[0] = (uint8_t)change->action;
    head[1] = (uint8_t)change->expect;
    put_u32(head + 2, change->mode);
    put_u64(head + 6, change->inode);
    put_u64(head + 14, change->ctime_ns);
    put_u64(head + 22, change->size_bytes);
    put_u16(head + 30, (uint16_t)n);
    put_u64(length, change->content_bytes);
    if (c->count == c->capacity) {
        c->capacity = c->capacity ? 2 * c->capacity : 16;
        c->parts = reallocarray(c->parts, c->capacity, sizeof(*c->parts));
        BUG_ON(!c->parts);
    }
    if (!buf_append(&c->heads, head, sizeof(head)) || !buf_append(&c->heads, change->path, n) ||
        !buf_append(&c->heads, length, sizeof(length)))
        return pyro_fail(err, PYRO_NO_MEMORY, "too many files at once");
    c->parts[c->count++] =
        (struct change_part){ c->heads.len,
                              { (void *)(uintptr_t)change->content, change->content_bytes } };
    share_base(c, change->path);
    return true;
}

json_t *changes_request(const char *what, const char *paths)
{
    json_t *request = json_pack("{s:s, s:{s:s, s:o}}", "op", "file_write", "note", "state", what,
                                "text", json_string_lossy(paths, strlen(paths)));

    BUG_ON(!request);
    return request;
}

bool changes_send(struct changes *c, const struct workspace_handle *o, const char *path,
                  struct pyro_error *err)
{
    scoped_json json_t *request = changes_request("write", path), *answer = NULL;
    scoped_free struct iovec *in = calloc(2 * c->count + 2, sizeof(*in));
    size_t n = c->base ? strlen(c->base) : 0, at = 0;
    uint8_t length[2] = { (uint8_t)n, (uint8_t)(n >> 8) };
    unsigned pieces = 2;

    BUG_ON(!in);
    in[0] = (struct iovec){ length, sizeof(length) };
    in[1] = (struct iovec){ c->base, n };
    for (size_t i = 0; i < c->count; i++) {
        in[pieces++] = (struct iovec){ c->heads.data + at, c->parts[i].head_end - at };
        in[pieces++] = c->parts[i].content;
        at = c->parts[i].head_end;
    }
    answer = transfer_run(
        &(struct transfer){ .workspace = o, .request = request, .in = in, .in_count = pieces },
        err);
    return answer != NULL;
}
