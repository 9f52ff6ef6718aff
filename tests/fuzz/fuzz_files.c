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
            qsort(entries.items, entries.count, sizeof(*entries.items), compare);
        for (size_t i = 1; i < entries.count; i++)
            BUG_ON(compare(&entries.items[i - 1], &entries.items[i]) > 0);
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

static void try_contents(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(data, size);
    struct pyro_error err = { 0 };
    bool ok = true;

    while (ok && rd_left(&r)) {
        struct fetched f = { 0 };
        ok = take_answer(&r, CONTENT_MAX, &f, &err);
        if (ok)
            BUG_ON(f.kind >= FILE_KIND_COUNT || f.mode > 07777 || f.content.len > FILE_PATH_MAX);
        else
            BUG_ON(err.code != PYRO_GUEST_PROTOCOL);
        fetched_release(&f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 65536)
        return 0;
    if (data[0] & 1)
        try_contents(data + 1, size - 1);
    else
        try_listing(data + 1, size - 1);
    return 0;
}
