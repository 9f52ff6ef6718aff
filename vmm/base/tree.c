/* vmm/base/tree.c: the codec of tree.h. */
#include "vmm/base/tree.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/buf.h"
#include "vmm/base/sum.h"

/* --- counting --- */

static bool too_much(struct pyro_error *err)
{
    return pyro_fail(err, PYRO_CONTENT_REFUSED, "its sizes add up to more than 2^63 - 1 bytes");
}

bool tree_count_entry(struct tree_counts *c, const struct tree_entry *e, struct pyro_error *err)
{
    if (e->type == TREE_DIRECTORY_END || (!*e->path && e->type == TREE_DIRECTORY))
        return true;
    c->next_block = 0;
    return (sum_add(&c->entries, 1) && sum_add(&c->bytes, e->size)) || too_much(err);
}

bool tree_count_data(struct tree_counts *c, uint64_t offset, uint64_t n, struct pyro_error *err)
{
    uint64_t first = offset / TREE_BLOCK_BYTES, end;

    if (!n)
        return true;
    if (n > INT64_MAX || offset > (uint64_t)INT64_MAX - n)
        return too_much(err);
    end = (offset + n - 1) / TREE_BLOCK_BYTES + 1;
    if (first < c->next_block)
        first = c->next_block;
    if (end > c->next_block)
        c->next_block = end;
    return (sum_add(&c->data_bytes, n) &&
            sum_add_times(&c->block_bytes, end > first ? end - first : 0, TREE_BLOCK_BYTES)) ||
           too_much(err);
}

uint64_t tree_cost(const struct tree_counts *c)
{
    uint64_t cost = c->block_bytes;

    return sum_add_times(&cost, c->entries, TREE_BLOCK_BYTES) ? cost : INT64_MAX;
}

/* --- writing --- */

bool tree_output_init(struct tree_output *o,
                      bool (*write)(void *, const void *, size_t, struct pyro_error *), void *arg,
                      struct pyro_error *err)
{
    *o = (struct tree_output){ .write = write, .arg = arg, .buffer = malloc(TREE_BUFFER_BYTES) };
    return o->buffer || pyro_no_memory(err, NULL);
}

void tree_output_release(struct tree_output *o)
{
    free(o->buffer);
    o->buffer = NULL;
}

static bool flush(struct tree_output *o, struct pyro_error *err)
{
    size_t n = o->used;

    o->used = 0;
    return n == 0 || o->write(o->arg, o->buffer, n, err);
}

bool tree_put_data(struct tree_output *o, const void *bytes, size_t n, struct pyro_error *err)
{
    const uint8_t *from = bytes;

    while (n) {
        size_t part = TREE_BUFFER_BYTES - o->used;
        if (part > n)
            part = n;
        memcpy(o->buffer + o->used, from, part);
        o->used += part;
        from += part;
        n -= part;
        if (o->used == TREE_BUFFER_BYTES && !flush(o, err))
            return false;
    }
    return true;
}

bool tree_put_entry(struct tree_output *o, const struct tree_entry *e, struct pyro_error *err)
{
    size_t path = e->path ? strlen(e->path) : 0, target = e->target ? strlen(e->target) : 0;
    uint8_t header[TREE_HEADER_SIZE] = { (uint8_t)e->type };

    if (path > BENEATH_PATH_MAX || target > BENEATH_PATH_MAX)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "'%.300s…': the path is over %d bytes",
                         path > target ? e->path : e->target, BENEATH_PATH_MAX);
    put_u16(header + 2, e->mode & 07777);
    put_u16(header + 4, (uint16_t)path);
    put_u16(header + 6, (uint16_t)target);
    put_u64(header + 8, (uint64_t)e->mtime);
    put_u32(header + 16, e->mtime_ns);
    put_u64(header + 20, e->size);
    return tree_put_data(o, header, sizeof(header), err) && tree_put_data(o, e->path, path, err) &&
           tree_put_data(o, e->target, target, err);
}

bool tree_put_extent(struct tree_output *o, uint64_t hole, uint64_t data, struct pyro_error *err)
{
    uint8_t header[TREE_EXTENT_SIZE];

    put_u64(header, hole);
    put_u64(header + 8, data);
    return tree_put_data(o, header, sizeof(header), err);
}

uint8_t *tree_data_room(struct tree_output *o, size_t *ret_n, struct pyro_error *err)
{
    if (o->used == TREE_BUFFER_BYTES && !flush(o, err))
        return NULL;
    *ret_n = TREE_BUFFER_BYTES - o->used;
    return o->buffer + o->used;
}

void tree_data_added(struct tree_output *o, size_t n)
{
    o->used += n;
}

bool tree_put_done(struct tree_output *o, struct pyro_error *err)
{
    return tree_put_entry(o, &(struct tree_entry){ .type = TREE_DONE }, err) && flush(o, err);
}

/* --- reading --- */

bool tree_input_init(struct tree_input *in,
                     ssize_t (*read)(void *, void *, size_t, struct pyro_error *), void *arg,
                     struct pyro_error *err)
{
    *in = (struct tree_input){ .read = read,
                               .arg = arg,
                               .buffer = malloc(TREE_BUFFER_BYTES),
                               .path = malloc(BENEATH_PATH_MAX + 1),
                               .target = malloc(BENEATH_PATH_MAX + 1) };
    if (in->buffer && in->path && in->target)
        return true;
    tree_input_release(in);
    return pyro_no_memory(err, NULL);
}

void tree_input_release(struct tree_input *in)
{
    free(in->buffer);
    free(in->path);
    free(in->target);
    in->buffer = NULL;
    in->path = in->target = NULL;
}

static bool breach(const char *what, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_GUEST_PROTOCOL, "the stream of files is broken: %s", what);
}

/* Reads once more, appending to the buffer; the buffer has room. */
static bool fill(struct tree_input *in, struct pyro_error *err)
{
    ssize_t n;

    if (in->at == in->end)
        in->at = in->end = 0;
    n = in->read(in->arg, in->buffer + in->end, TREE_BUFFER_BYTES - in->end, err);
    if (n < 0)
        return false;
    if (n == 0)
        return breach("it ends too early", err);
    in->end += (size_t)n;
    return true;
}

/* Makes sure that n bytes (a header, a path) are in the buffer in one piece. */
static bool need(struct tree_input *in, size_t n, const uint8_t **ret, struct pyro_error *err)
{
    if (in->end - in->at < n && in->at + n > TREE_BUFFER_BYTES) {
        memmove(in->buffer, in->buffer + in->at, in->end - in->at);
        in->end -= in->at;
        in->at = 0;
    }
    while (in->end - in->at < n)
        if (!fill(in, err))
            return false;
    *ret = in->buffer + in->at;
    in->at += n;
    return true;
}

bool tree_input_wait(struct tree_input *in, struct pyro_error *err)
{
    return in->at < in->end || fill(in, err);
}

static uint64_t number(const uint8_t *at, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = bytes; i-- > 0;)
        v = v << 8 | at[i];
    return v;
}

static bool take_text(struct tree_input *in, char *to, size_t n, struct pyro_error *err)
{
    const uint8_t *bytes;

    if (n > BENEATH_PATH_MAX)
        return breach("a path over the limit", err);
    if (!need(in, n, &bytes, err))
        return false;
    memcpy(to, bytes, n);
    to[n] = '\0';
    return true;
}

static bool check_entry(const struct tree_entry *e, size_t path, size_t target,
                        struct pyro_error *err)
{
    bool links = e->type == TREE_SYMLINK || e->type == TREE_HARD_LINK;

    if (path && !beneath_is_plain(e->path, path))
        return breach("an invalid path", err);
    if ((target != 0) != links)
        return breach("an unexpected or missing target", err);
    if (e->type == TREE_HARD_LINK && !beneath_is_plain(e->target, target))
        return breach("a hard link to an invalid path", err);
    if (e->type == TREE_SYMLINK &&
        (target > TREE_TARGET_MAX_BYTES || memchr(e->target, '\0', target)))
        return breach("an invalid target of a symbolic link", err);
    if (e->size > INT64_MAX || (e->size && e->type != TREE_FILE))
        return breach("an impossible size", err);
    if (e->mode > 07777 || e->mtime_ns > 999999999)
        return breach("an impossible mode or time", err);
    return (e->type != TREE_HARD_LINK && e->type != TREE_DONE) ||
           (path != 0) == (e->type != TREE_DONE) || breach("an impossible root", err);
}

bool tree_next(struct tree_input *in, struct tree_entry *ret, struct pyro_error *err)
{
    struct tree_entry e = { .path = in->path, .target = in->target };
    const uint8_t *h;
    size_t path, target;

    if (in->offset != in->size || in->data_left)
        return breach("content was left out", err);
    in->offset = in->size = 0;
    if (!need(in, TREE_HEADER_SIZE, &h, err))
        return false;
    if (h[0] == 0 || h[0] >= TREE_TYPE_COUNT || h[1])
        return breach("an entry of an unknown type", err);
    e.type = (enum tree_type)h[0];
    e.mode = (uint32_t)number(h + 2, 2);
    path = number(h + 4, 2);
    target = number(h + 6, 2);
    e.mtime = (int64_t)number(h + 8, 8);
    e.mtime_ns = (uint32_t)number(h + 16, 4);
    e.size = number(h + 20, 8);
    if (!take_text(in, in->path, path, err) || !take_text(in, in->target, target, err) ||
        !check_entry(&e, path, target, err))
        return false;
    in->size = e.size;
    *ret = e;
    return true;
}

/* Takes the head of the next extent. */
static bool next_extent(struct tree_input *in, struct pyro_error *err)
{
    uint64_t hole, data, left = in->size - in->offset;
    const uint8_t *h;

    if (!need(in, TREE_EXTENT_SIZE, &h, err))
        return false;
    hole = number(h, 8);
    data = number(h + 8, 8);
    if (hole > left || data > left - hole || hole + data == 0)
        return breach("content beyond a file's size", err);
    in->offset += hole;
    in->data_left = data;
    return true;
}

bool tree_next_data(struct tree_input *in, uint64_t *ret_offset, const void **ret_bytes,
                    size_t *ret_n, struct pyro_error *err)
{
    size_t n;

    while (!in->data_left && in->offset < in->size)
        if (!next_extent(in, err))
            return false;
    *ret_offset = in->offset;
    *ret_bytes = in->buffer + in->at;
    *ret_n = 0;
    if (!in->data_left)
        return true;
    if (in->at == in->end && !fill(in, err))
        return false;
    n = in->end - in->at;
    if (n > in->data_left)
        n = (size_t)in->data_left;
    *ret_bytes = in->buffer + in->at;
    *ret_n = n;
    in->at += n;
    in->offset += n;
    in->data_left -= n;
    return true;
}
