/* engine/mcp/kept.c: a short list. */
#include "engine/mcp/kept.h"

#include <string.h>
#include <unistd.h>

bool mcp_key_equal(const struct mcp_key *a, const struct mcp_key *b)
{
    return a->cmd == b->cmd && a->modern == b->modern && json_equal(a->arguments, b->arguments);
}

static int forget(struct kept *k, size_t at)
{
    int fd = k->results[at].fd;

    json_decref(k->results[at].key.arguments);
    k->count--;
    memmove(k->results + at, k->results + at + 1, (k->count - at) * sizeof(*k->results));
    return fd;
}

void kept_release(struct kept *k)
{
    while (k->count)
        close(forget(k, 0));
}

void kept_put(struct kept *k, const struct mcp_key *key, int fd)
{
    if (k->count == KEPT_MAX)
        close(forget(k, 0));
    k->results[k->count] = (struct kept_result){ *key, fd };
    json_incref(key->arguments);
    k->count++;
}

int kept_take(struct kept *k, const struct mcp_key *key)
{
    for (size_t i = 0; i < k->count; i++)
        if (mcp_key_equal(&k->results[i].key, key))
            return forget(k, i);
    return -1;
}
