/* engine/workspace/watch_table.c: chains, as many as there are links. */
#include "engine/workspace/watch_table.h"

#include <stdlib.h>

#include "vmm/base/error.h"

#define SLOTS_FIRST 64 /* a power of two, as all that follow */

static struct watch_link **slot_of(const struct watch_table *t, uint32_t key)
{
    return &t->slots[(key * 2654435761u >> 8) & (t->slot_count - 1)];
}

static void put(struct watch_table *t, struct watch_link *link)
{
    struct watch_link **slot = slot_of(t, link->key);

    link->next = *slot;
    *slot = link;
}

static void grow(struct watch_table *t)
{
    struct watch_table old = *t;

    t->slot_count = old.slot_count ? 2 * old.slot_count : SLOTS_FIRST;
    t->slots = calloc(t->slot_count, sizeof(struct watch_link *));
    BUG_ON(!t->slots);
    for (size_t i = 0; i < old.slot_count; i++)
        for (struct watch_link *link = old.slots[i], *next; link; link = next) {
            next = link->next;
            put(t, link);
        }
    free(old.slots);
}

void watch_table_add(struct watch_table *t, struct watch_link *link)
{
    if (t->count == t->slot_count)
        grow(t);
    put(t, link);
    t->count++;
}

void watch_table_remove(struct watch_table *t, struct watch_link *link)
{
    struct watch_link **at = slot_of(t, link->key);

    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    t->count--;
}

static struct watch_link *with_key(struct watch_link *link, uint32_t key)
{
    while (link && link->key != key)
        link = link->next;
    return link;
}

struct watch_link *watch_table_first(const struct watch_table *t, uint32_t key)
{
    return t->slot_count ? with_key(*slot_of(t, key), key) : NULL;
}

struct watch_link *watch_table_next(const struct watch_link *link)
{
    return with_key(link->next, link->key);
}

void watch_table_release(struct watch_table *t)
{
    free(t->slots);
    *t = (struct watch_table){ .slots = NULL };
}
