/*
 * Fuzzes what a guest answers about its files: a listing (the input's first byte even) or contents
 * (odd). Whatever it is: an error, or entries and files within what was asked for.
 */
#include "engine/file/fetch.c"
#include "engine/file/list.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CONTENT_MAX 1000

static void try_listing(const uint8_t *data, size_t size)
{
    struct buf sent = BUF_INIT(LISTING_MAX_BYTES);
    struct entries entries = { .items = NULL };
    struct pyro_error err = { 0 };

    BUG_ON(!buf_append(&sent, data, size));
    if (parse(&sent, &entries, &err)) {
        json_t *list;
        if (entries.count)
            qsort(entries.items, entries.count, sizeof(*entries.items), list_compare);
        for (size_t i = 1; i < entries.count; i++)
            BUG_ON(list_compare(&entries.items[i - 1], &entries.items[i]) > 0);
        list = to_json(&entries);
        BUG_ON(json_array_size(list) != entries.count);
        for (size_t i = 0; i < entries.count; i++)
            BUG_ON(!json_is_string(json_object_get(json_array_get(list, i), "path")));
        json_decref(list);
    } else {
        BUG_ON(err.code != PYRO_GUEST_PROTOCOL);
    }
    free(entries.items);
    buf_release(&sent);
}

struct passed {
    uint64_t announced, bytes;
};

static bool begin(void *arg, uint64_t bytes, struct pyro_error *err UNUSED)
{
    ((struct passed *)arg)->announced = bytes;
    return true;
}

static bool put(void *arg, const void *bytes UNUSED, size_t n, struct pyro_error *err UNUSED)
{
    struct passed *p = arg;

    p->bytes += n;
    BUG_ON(p->bytes > p->announced || p->bytes > CONTENT_MAX);
    return true;
}

/* In pieces of `step` bytes; kept, or into a sink. */
static void try_contents(const uint8_t *data, size_t size, size_t step, bool sunk)
{
    static const struct content_range range = { .offset = 3, .max_bytes = CONTENT_MAX };
    struct passed passed = { 0 };
    const struct content_sink sink = { begin, put, &passed };
    struct pyro_error err = { 0 };
    struct fetching f;
    struct fetched to;
    bool ok = true;

    fetching_init(&f, &range, sunk ? &sink : NULL, &to);
    for (size_t at = 0; ok && at < size; at += step)
        ok = fetch_take(&f, data + at, size - at < step ? size - at : step, &err);
    BUG_ON(!ok && err.code != PYRO_GUEST_PROTOCOL);
    BUG_ON(ok && (to.kind >= FILE_KIND_COUNT || to.mode > 07777 || to.content.len > FILE_PATH_MAX));
    fetched_release(&to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 65536)
        return 0;
    if (data[0] & 1)
        try_contents(data + 1, size - 1, 1 + (data[0] >> 2), data[0] & 2);
    else
        try_listing(data + 1, size - 1);
    return 0;
}
