/* engine/file/fetch.c: reading a file of the guest, of any size. */
#include "engine/file/fetch.h"

#include <string.h>

#include "engine/client/transfer.h"

/* The next part of a guest's answer: a head, then chunks with their lengths, an empty one, and
 * whether there is more. */
enum part { PART_HEAD, PART_LENGTH, PART_BYTES, PART_MORE, PART_END };

struct fetching {
    const struct content_range *range;
    const struct content_sink *sink; /* NULL: kept */
    struct fetched *to;
    enum part part;
    uint8_t head[FILE_ANSWER_HEADER]; /* what has arrived of a head, a length or the last byte */
    size_t have;
    uint32_t left;      /* of a chunk */
    uint64_t announced; /* how many bytes of content may come at most, and how many came */
    uint64_t taken;
};

void fetched_release(struct fetched *f)
{
    buf_release(&f->content);
}

static bool malformed(struct pyro_error *err)
{
    return pyro_fail(err, PYRO_GUEST_PROTOCOL, "the guest sent something other than a file");
}

static bool take_head(struct fetching *f, struct pyro_error *err)
{
    struct reader r = reader_of(f->head, sizeof(f->head));
    struct fetched *to = f->to;
    uint64_t rest;
    uint8_t kind;

    if (!rd_u8(&r, &kind) || kind >= FILE_KIND_COUNT || !rd_u32(&r, &to->mode) ||
        !rd_u64(&r, &to->inode) || !rd_u64(&r, &to->ctime_ns) || !rd_u64(&r, &to->size_bytes) ||
        to->size_bytes > INT64_MAX)
        return malformed(err);
    to->kind = (enum file_kind)kind;
    to->mode &= 07777;
    rest = to->size_bytes > (uint64_t)f->range->offset ? to->size_bytes - (uint64_t)f->range->offset
                                                       : 0;
    f->announced = to->kind != FILE_REGULAR               ? FILE_PATH_MAX
                   : rest > (uint64_t)f->range->max_bytes ? (uint64_t)f->range->max_bytes
                                                          : rest;
    f->part = PART_LENGTH;
    return to->kind != FILE_REGULAR || !f->sink || !f->sink->begin ||
           f->sink->begin(f->sink->arg, f->announced, err);
}

static bool take_length(struct fetching *f, struct pyro_error *err)
{
    struct reader r = reader_of(f->head, 4);

    if (!rd_u32(&r, &f->left) || f->left > f->announced - f->taken)
        return malformed(err);
    f->part = f->left ? PART_BYTES : PART_MORE;
    return true;
}

static bool take_content(struct fetching *f, const uint8_t *bytes, size_t n, struct pyro_error *err)
{
    f->taken += n;
    f->left -= (uint32_t)n;
    if (!f->left)
        f->part = PART_LENGTH;
    if (f->sink && f->to->kind == FILE_REGULAR)
        return f->sink->put(f->sink->arg, bytes, n, err);
    return buf_append(&f->to->content, bytes, n) || malformed(err);
}

/* The next bytes of an answer, split anywhere. */
static bool fetch_take(void *arg, const uint8_t *bytes, size_t n, struct pyro_error *err)
{
    static const size_t sizes[] = {
        [PART_HEAD] = FILE_ANSWER_HEADER, [PART_LENGTH] = 4, [PART_MORE] = 1
    };
    struct fetching *f = arg;

    while (n) {
        size_t part = f->part == PART_BYTES ? f->left
                      : f->part == PART_END ? 0
                                            : sizes[f->part] - f->have;
        bool ok = part > 0;

        part = part < n ? part : n;
        if (!ok)
            return malformed(err);
        if (f->part == PART_BYTES) {
            ok = take_content(f, bytes, part, err);
        } else {
            memcpy(f->head + f->have, bytes, part);
            f->have += part;
            if (f->have == sizes[f->part]) {
                f->have = 0;
                if (f->part == PART_HEAD)
                    ok = take_head(f, err);
                else if (f->part == PART_LENGTH)
                    ok = take_length(f, err);
                else
                    f->to->more = f->head[0], f->part = PART_END;
            }
        }
        if (!ok)
            return false;
        bytes += part;
        n -= part;
    }
    return true;
}

static void fetching_init(struct fetching *f, const struct content_range *range,
                          const struct content_sink *sink, struct fetched *ret)
{
    *f = (struct fetching){ .range = range, .sink = sink, .to = ret };
    *ret = (struct fetched){ 0 };
    buf_init(&ret->content,
             sink || range->max_bytes < FILE_PATH_MAX ? FILE_PATH_MAX : (size_t)range->max_bytes);
}

bool file_fetch(const struct workspace_handle *o, const char *path,
                const struct content_range *range, const struct content_sink *sink,
                struct fetched *ret, struct pyro_error *err)
{
    scoped_json json_t *request =
        json_pack("{s:s, s:I, s:I}", "op", "file_read", "offset", (json_int_t)range->offset,
                  "max_bytes", (json_int_t)range->max_bytes);
    scoped_json json_t *answer = NULL;
    size_t n = strlen(path);
    uint8_t length[2] = { (uint8_t)n, (uint8_t)(n >> 8) };
    struct iovec in[] = { { length, 2 }, { (void *)(uintptr_t)path, n } };
    struct fetching f;

    fetching_init(&f, range, sink, ret);
    answer = transfer_run(&(struct transfer){ .workspace = o,
                                              .request = request,
                                              .in = in,
                                              .in_count = n ? 2 : 1,
                                              .take = fetch_take,
                                              .arg = &f },
                          err);
    return answer && (f.part == PART_END || malformed(err));
}
