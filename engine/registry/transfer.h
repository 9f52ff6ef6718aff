/* How far the fetching or sending of several blobs is, how fast it goes and how long it will take, in words. */
#ifndef PYRO_REGISTRY_TRANSFER_H
#define PYRO_REGISTRY_TRANSFER_H

#include "engine/helper/progress.h"
#include "vmm/base/json.h"

#define TRANSFER_ITEMS_MAX 64
#define TRANSFER_TEXT_MAX 400

struct transfer {
    struct transfer_item {
        int64_t done, size;
        bool has_ended;
    } items[TRANSFER_ITEMS_MAX];
    unsigned count;
    const char *doing;             /* NULL: "fetching" */
    int64_t began_ms, began_bytes; /* clock_ms() of the first figures, and what there was then */
};

void transfer_add(struct transfer *t, int64_t size, int64_t done);
void transfer_end(struct transfer *t, unsigned index);
int64_t transfer_left(const struct transfer *t);
/* Takes the bytes of each, an array, and tells. */
void transfer_progress(struct transfer *t, const json_t *done, const struct progress *progress);
/* "fetching its parts, 2 of 5 done: 12.5 of 90.1 MB, 8.3 MB/s, 9 s left; [###-----] [#-------]" */
void transfer_describe(const struct transfer *t, int64_t now_ms, char ret[TRANSFER_TEXT_MAX]);

#endif
