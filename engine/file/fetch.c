/* engine/file/fetch.c: reading files of the guest. */
#include "engine/file/fetch.h"

#include <string.h>

#include "engine/file/transfer.h"

void fetched_release(struct fetched *f)
{
    buf_release(&f->content);
}

static bool malformed(struct pyro_error *err)
{
    return pyro_fail(err, PYRO_GUEST_PROTOCOL, "the guest sent something else than files");
}

static bool take_answer(struct reader *r, int64_t max_bytes, struct fetched *ret,
                        struct pyro_error *err)
{
    uint8_t kind, more;
    uint32_t n;

    buf_init(&ret->content, (size_t)max_bytes > FILE_PATH_MAX ? (size_t)max_bytes : FILE_PATH_MAX);
    if (!rd_u8(r, &kind) || kind >= FILE_KIND_COUNT || !rd_u32(r, &ret->mode) ||
        !rd_u64(r, &ret->inode) || !rd_u64(r, &ret->ctime_ns) || !rd_u64(r, &ret->size_bytes) ||
        ret->size_bytes > INT64_MAX)
        return malformed(err);
    ret->kind = (enum file_kind)kind;
    for (;;) {
        const uint8_t *bytes;
        if (!rd_u32(r, &n))
            return malformed(err);
        if (!n)
            break;
        if (!rd_bytes(r, n, &bytes) || !buf_append(&ret->content, bytes, n))
            return malformed(err);
    }
    if (!rd_u8(r, &more))
        return malformed(err);
    ret->more = more;
    ret->mode &= 07777;
    return true;
}

bool file_fetch(const struct opened *o, const char *const *paths, size_t count, int64_t max_bytes,
                size_t total_max_bytes, struct fetched *ret, struct pyro_error *err)
{
    scoped_json json_t *request =
        json_pack("{s:s, s:I}", "op", "file_read", "max_bytes", (json_int_t)max_bytes);
    scoped_json json_t *answer = NULL;
    scoped_buf list = BUF_INIT(FILE_PATHS_MAX_BYTES);
    scoped_buf sent = BUF_INIT(total_max_bytes + total_max_bytes / 16 + count * 64 + 65536);
    struct reader r;
    struct iovec in;

    memset(ret, 0, count * sizeof(*ret));
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(paths[i]);
        const uint8_t length[2] = { (uint8_t)n, (uint8_t)(n >> 8) };
        if (!buf_append(&list, length, 2) || !buf_append(&list, paths[i], n))
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "too many files at once");
    }
    in = (struct iovec){ list.data, list.len };
    answer = transfer_run(&(struct transfer){ .dir_fd = o->dir_fd,
                                              .id = o->id,
                                              .request = request,
                                              .in = &in,
                                              .in_count = 1,
                                              .out = &sent },
                          err);
    if (!answer)
        return false;
    r = reader_of(sent.data, sent.len);
    for (size_t i = 0; i < count; i++)
        if (!take_answer(&r, max_bytes, &ret[i], err))
            return false;
    return !rd_left(&r) || malformed(err);
}
