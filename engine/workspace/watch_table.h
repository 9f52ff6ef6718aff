/* What a watch finds its nodes by: a number, which several may have. */
#ifndef PYRO_WATCH_TABLE_H
#define PYRO_WATCH_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct watch_link {
    uint32_t key;
    void *of; /* what was searched for */
    struct watch_link *next;
};

/* Zero: empty. */
struct watch_table {
    struct watch_link **slots;
    size_t slot_count, count;
};

void watch_table_add(struct watch_table *t, struct watch_link *link);
void watch_table_remove(struct watch_table *t, struct watch_link *link);
/* The first with this key, and the next one with the key of `link`; NULL: none. */
struct watch_link *watch_table_first(const struct watch_table *t, uint32_t key);
struct watch_link *watch_table_next(const struct watch_link *link);
/* Its links are the caller's. */
void watch_table_release(struct watch_table *t);

#endif
