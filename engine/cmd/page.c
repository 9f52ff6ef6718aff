/* engine/cmd/page.c: the part of a list that was asked for. */
#include "engine/cmd/page.h"

#include <string.h>

#include "engine/cmd/text.h"
#include "vmm/base/json.h"
#include "vmm/base/redact.h"

#define CURSOR_BYTES_MAX (64 * 1024)

/* The first entry after the cursor. */
static size_t find_start(const json_t *list, const char *cursor, const struct page_order *order)
{
    size_t low = 0, high = cursor ? json_array_size(list) : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (order->is_after(json_array_get(list, middle), cursor))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool is_secret(const struct cmd_io *io, const json_t *entry, const struct page_order *order)
{
    scoped_free char *cursor = order->cursor_of(entry);
    const struct redactor *r = io->redaction.redactor;

    return r && redact_finds(r, cursor, strlen(cursor), false);
}

static size_t find_end(const json_t *list, size_t start, int64_t limit,
                       const struct page_order *order, const struct cmd_io *io)
{
    size_t count = json_array_size(list), most, end;

    if (limit == ARG_UNSET || (uint64_t)limit >= count - start)
        return count;
    end = most = start + (size_t)limit;
    while (end > start && is_secret(io, json_array_get(list, end - 1), order))
        end--;
    if (end > start)
        return end;
    for (end = most; end < count && is_secret(io, json_array_get(list, end - 1), order); end++)
        ;
    return end;
}

json_t *page_cut(json_t *result, const char *name, const struct page_args *page,
                 const struct page_order *order, const struct cmd_io *io, struct pyro_error *err)
{
    const json_t *list = json_object_get(result, name);
    json_t *part, *next = json_null();
    size_t start, end;

    if (result && page->cursor && !order->check(page->cursor, err)) {
        json_decref(result);
        return pyro_wrap(err, "--cursor");
    }
    if (!result)
        return NULL;
    start = find_start(list, page->cursor, order);
    end = find_end(list, start, page->limit, order, io);
    if (end < json_array_size(list)) {
        scoped_free char *cursor = order->cursor_of(json_array_get(list, end - 1));
        next = json_string(cursor);
    }
    part = json_array();
    for (size_t i = start; i < end; i++)
        json_array_append(part, json_array_get(list, i));
    json_object_set_new(result, "truncated", json_boolean(end < json_array_size(list)));
    json_object_set_new(result, "next_cursor", next);
    json_object_set_new(result, name, part);
    if (json_object_get(result, "count"))
        json_object_set_new(result, "count", json_integer((json_int_t)(end - start)));
    return result;
}

void page_show(const json_t *result, FILE *out)
{
    const char *cursor = json_string_or(result, "next_cursor", NULL);
    scoped_buf word = BUF_INIT(CURSOR_BYTES_MAX);

    if (cursor && text_quote(&word, cursor))
        fprintf(out, "[more: --cursor %s]\n", word.data);
}
