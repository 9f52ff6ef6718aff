/* engine/image/ext4/blocks.c: space and writes of an image under construction. */
#include "engine/image/ext4/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/fs.h"

#define BUFFER_BYTES (1 << 20)
#define DIRECT_BYTES (64 << 10) /* from this size on it is written without a copy */

bool blocks_init(struct blocks *b, int fd, uint64_t image_blocks, struct pyro_error *err)
{
    memset(b, 0, sizeof(*b));
    b->fd = fd;
    b->image_blocks = image_blocks;
    b->buffer = malloc(BUFFER_BYTES);
    return b->buffer || pyro_no_memory(err, NULL);
}

void blocks_release(struct blocks *b)
{
    free(b->free_runs);
    free(b->buffer);
    memset(b, 0, sizeof(*b));
}

bool blocks_add_free(struct blocks *b, uint64_t physical, uint64_t length, struct pyro_error *err)
{
    while (length) {
        uint32_t part = length > 1u << 30 ? 1u << 30 : (uint32_t)length;
        if (b->count == b->capacity) {
            size_t capacity = b->capacity ? b->capacity * 2 : 64;
            struct run *grown = realloc(b->free_runs, capacity * sizeof(*grown));
            if (!grown)
                return pyro_no_memory(err, NULL);
            b->free_runs = grown;
            b->capacity = capacity;
        }
        b->free_runs[b->count++] = (struct run){ .physical = physical, .length = part };
        physical += part;
        length -= part;
    }
    return true;
}

/* What is left of one free run; *at is the first of `runs` that is not before it, and moves on. */
static bool keep_of(struct blocks *rest, const struct run *f, const struct run *runs, size_t count,
                    size_t *at, struct pyro_error *err)
{
    uint64_t from = f->physical, end = f->physical + f->length;

    for (; *at < count && runs[*at].physical < end; ++*at) {
        const struct run *r = &runs[*at];
        if (r->physical < from || r->length > end - r->physical)
            return pyro_fail(err, PYRO_IO, "block %llu is not free in this image",
                             (unsigned long long)r->physical);
        if (!blocks_add_free(rest, from, r->physical - from, err))
            return false;
        from = r->physical + r->length;
    }
    return blocks_add_free(rest, from, end - from, err);
}

bool blocks_keep(struct blocks *b, const struct run *runs, size_t count, struct pyro_error *err)
{
    struct blocks rest = { 0 };
    size_t at = 0;
    bool ok = true;

    for (size_t i = 0; ok && i < b->count; i++)
        ok = keep_of(&rest, &b->free_runs[i], runs, count, &at, err);
    if (ok && at < count)
        ok = pyro_fail(err, PYRO_IO, "block %llu is not free in this image",
                       (unsigned long long)runs[at].physical);
    if (!ok) {
        free(rest.free_runs);
        return false;
    }
    free(b->free_runs);
    b->free_runs = rest.free_runs;
    b->count = rest.count;
    b->capacity = rest.capacity;
    return true;
}

bool blocks_take(struct blocks *b, uint32_t wanted, uint64_t *ret_physical, uint32_t *ret_length,
                 struct pyro_error *err)
{
    struct run *r;

    while (b->at < b->count && b->free_runs[b->at].length == 0)
        b->at++;
    if (b->at == b->count)
        return pyro_fail(err, PYRO_NO_SPACE, "the image of %llu MiB is full",
                         (unsigned long long)(b->image_blocks * BLOCK_BYTES >> 20));
    r = &b->free_runs[b->at];
    *ret_length = wanted < r->length ? wanted : r->length;
    *ret_physical = r->physical;
    r->physical += *ret_length;
    r->length -= *ret_length;
    return true;
}

static bool write_at(struct blocks *b, uint64_t physical, const char *bytes, size_t n,
                     struct pyro_error *err)
{
    if (!fs_pwrite_all(b->fd, bytes, n, (off_t)(physical * BLOCK_BYTES)))
        return pyro_fail_errno(err, "write the image");
    write_behind(&b->behind, b->fd, (int64_t)(physical * BLOCK_BYTES), n);
    return true;
}

bool blocks_flush(struct blocks *b, struct pyro_error *err)
{
    size_t n = b->fill;

    b->fill = 0;
    return write_at(b, b->first, b->buffer, n, err);
}

bool blocks_write(struct blocks *b, uint64_t physical, const void *bytes, size_t count,
                  struct pyro_error *err)
{
    size_t n = count * BLOCK_BYTES;

    if (b->fill && (physical != b->first + b->fill / BLOCK_BYTES || b->fill + n > BUFFER_BYTES) &&
        !blocks_flush(b, err))
        return false;
    if (b->fill == 0 && n >= DIRECT_BYTES)
        return write_at(b, physical, bytes, n, err);
    if (b->fill == 0)
        b->first = physical;
    memcpy(b->buffer + b->fill, bytes, n);
    b->fill += n;
    return true;
}
