/* engine/registry/transfer.c: sums, a rate over the whole time, and a small bar for each layer that
 * is on its way. */
#include "engine/registry/transfer.h"

#include <stdio.h>

#include "vmm/base/fs.h"

#define BAR_CELLS 8
#define RATE_AFTER_MS 500 /* before that it says nothing */

void transfer_add(struct transfer *t, int64_t size, int64_t done)
{
    BUG_ON(t->count == TRANSFER_ITEMS_MAX);
    t->items[t->count++] = (struct transfer_item){ .size = size, .done = done > 0 ? done : 0 };
}

static int64_t sum_done(const struct transfer *t)
{
    int64_t sum = 0;

    for (unsigned i = 0; i < t->count; i++)
        sum += t->items[i].done;
    return sum;
}

static int64_t sum_size(const struct transfer *t)
{
    int64_t sum = 0;

    for (unsigned i = 0; i < t->count; i++)
        sum += t->items[i].size;
    return sum;
}

void transfer_end(struct transfer *t, unsigned index)
{
    t->items[index].done = t->items[index].size;
    t->items[index].has_ended = true;
}

int64_t transfer_left(const struct transfer *t)
{
    return sum_size(t) - sum_done(t);
}

static size_t put_bars(const struct transfer *t, char *ret, size_t room)
{
    static const char full[] = "########", empty[] = "--------";
    size_t used = 0;

    for (unsigned i = 0; i < t->count && room - used > BAR_CELLS + 4; i++) {
        const struct transfer_item *item = &t->items[i];
        int cells = item->size > 0 ? (int)(item->done * BAR_CELLS / item->size) : 0;
        if (item->has_ended || item->done <= 0)
            continue;
        cells = cells > BAR_CELLS ? BAR_CELLS : cells;
        used += (size_t)snprintf(ret + used, room - used, "%s[%.*s%.*s]", used ? " " : "; ", cells,
                                 full, BAR_CELLS - cells, empty);
    }
    return used;
}

void transfer_describe(const struct transfer *t, int64_t now_ms, char ret[TRANSFER_TEXT_MAX])
{
    int64_t done = sum_done(t), size = sum_size(t), ms = now_ms - t->began_ms;
    double rate = ms >= RATE_AFTER_MS ? (double)(done - t->began_bytes) / (double)ms * 1000 : 0;
    unsigned ended = 0;
    size_t used;

    for (unsigned i = 0; i < t->count; i++)
        ended += t->items[i].has_ended;
    used = (size_t)snprintf(ret, TRANSFER_TEXT_MAX, "%s its parts, %u of %u done: %.1f of %.1f MB",
                            t->doing ? t->doing : "fetching", ended, t->count, (double)done / 1e6,
                            (double)size / 1e6);
    if (rate > 0)
        used += (size_t)snprintf(ret + used, TRANSFER_TEXT_MAX - used, ", %.1f MB/s, %.0f s left",
                                 rate / 1e6, (double)(size - done) / rate);
    put_bars(t, ret + used, TRANSFER_TEXT_MAX - used);
}

void transfer_progress(struct transfer *t, const json_t *done, const struct progress *progress)
{
    char text[TRANSFER_TEXT_MAX];
    struct progress_count count = { .unit = "bytes" };

    for (unsigned i = 0; i < t->count && i < json_array_size(done); i++) {
        int64_t bytes = json_integer_value(json_array_get(done, i));
        if (!t->items[i].has_ended)
            t->items[i].done = bytes < 0 ? 0 : bytes < t->items[i].size ? bytes : t->items[i].size;
    }
    if (!t->began_ms) {
        t->began_ms = clock_ms();
        t->began_bytes = sum_done(t);
    }
    count.done = sum_done(t);
    count.total = sum_size(t);
    transfer_describe(t, clock_ms(), text);
    progress_update(progress, text, &count);
}
