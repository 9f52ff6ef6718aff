/*
 * Any bytes as a tar: either refused, or a stream that its own decoder takes and that never names
 * anything outside; looking and sending come to the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/image/tar/source.h"
#include "engine/image/tar/tar_to_tree.h"
#include "tests/fuzz/tar_checksums.h"
#include "vmm/base/buf.h"

#define STREAM_MAX (8 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool add(void *arg, const void *bytes, size_t n, struct pyro_error *err)
{
    return buf_append(arg, bytes, n) || pyro_fail(err, PYRO_NO_MEMORY, "full");
}

static bool convert(const uint8_t *bytes, size_t size, struct tree_output *out,
                    struct tree_counts *ret, struct pyro_error *err)
{
    static const struct tar_limits limits = { 1 << 20, 1000 };
    struct archive *a = source_new_tar(err);
    bool ok;

    if (!a)
        abort();
    ok = archive_read_open_memory(a, bytes, size) == ARCHIVE_OK
             ? tar_to_tree(a, out, &limits, ret, err)
             : source_fail(a, "archive", err);
    archive_read_free(a);
    if (!ok && (err->code == PYRO_OK || !err->message[0] || err->code == PYRO_INTERNAL))
        abort();
    return ok;
}

static ssize_t take(void *arg, void *bytes, size_t n, struct pyro_error *err UNUSED)
{
    struct buf *b = arg;

    if (n > b->len)
        n = b->len;
    memcpy(bytes, b->data ? b->data : "", n);
    buf_consume(b, n);
    return (ssize_t)n;
}

/* The decoder checks each path; the counts must be the converter's. */
static void check_stream(struct buf *stream, const struct tree_counts *counts)
{
    struct pyro_error err = { 0 };
    struct tree_counts seen = { 0 };
    struct tree_entry e = { 0 };
    const void *bytes;
    struct tree_input in;
    uint64_t offset;
    size_t n;

    if (!tree_input_init(&in, take, stream, &err))
        abort();
    for (;;) {
        if (!tree_next(&in, &e, &err))
            abort();
        if (e.type == TREE_DONE)
            break;
        seen.entries += e.type != TREE_DIRECTORY_END;
        seen.bytes += e.size;
        do
            if (!tree_next_data(&in, &offset, &bytes, &n, &err))
                abort();
        while (n);
    }
    tree_input_release(&in);
    if (seen.entries != counts->entries || seen.bytes != counts->bytes || stream->len)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_buf stream = BUF_INIT(STREAM_MAX);
    struct pyro_error err = { 0 }, looked = { 0 };
    struct tree_counts counts, same;
    struct tree_output out;
    uint8_t *copy = malloc(size + 1);
    bool ok;

    if (!copy || !tree_output_init(&out, add, &stream, &err))
        abort();
    memcpy(copy, data, size);
    fix_checksums(copy, size);
    ok = convert(copy, size, &out, &counts, &err);
    if (err.code != PYRO_NO_MEMORY && convert(copy, size, NULL, &same, &looked) != ok)
        abort();
    if (ok)
        check_stream(&stream, &counts);
    tree_output_release(&out);
    free(copy);
    return 0;
}
