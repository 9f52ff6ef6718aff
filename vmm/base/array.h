/* Arrays that grow as they are filled. */
#ifndef PYRO_ARRAY_H
#define PYRO_ARRAY_H

#include <stdlib.h>

/*
 * The array, with room for one more behind `count` items of `size` bytes: as it is, or moved, when
 * *room has doubled. NULL when out of memory: then the array is as it was.
 */
static inline void *array_grown(void *items, size_t size, size_t count, size_t *room)
{
    size_t more = *room ? 2 * *room : 16;

    if (count < *room)
        return items;
    items = reallocarray(items, more, size);
    if (items)
        *room = more;
    return items;
}

#endif
