/* engine/supervisor/disk_hold.c: the streams of those who hold a layer. */
#include "engine/supervisor/disk_hold.h"

#include <stdlib.h>

#include "engine/state/memory_files.h"
#include "engine/supervisor/disk_merge.h"
#include "vmm/base/fs.h"

void disk_holder_free(struct disk_holder *h)
{
    struct supervisor *s = h->supervisor;

    list_remove(&s->disk_holders, h);
    if (h->place)
        *h->place = NULL;
    if (h->memory)
        memory_remove_capture(s->dir_fd, h->memory);
    cleanup_close(&h->upper_fd);
    free(h);
    disk_merge_maybe(s);
}

static void disk_hold_on_closed(struct stream *stream, const json_t *result UNUSED,
                                const struct pyro_error *why UNUSED)
{
    disk_holder_free(stream->arg);
}

struct disk_holder *disk_holder_new(struct supervisor *s, struct link *client, uint32_t id,
                                    struct pyro_error *err)
{
    static const struct stream_ops ops = { .closed = disk_hold_on_closed };
    struct disk_holder *h = calloc(1, sizeof(*h));

    BUG_ON(!h);
    h->supervisor = s;
    h->upper_fd = -1;
    if (!stream_accept(client, id, &h->stream, &ops, h, err)) {
        free(h);
        return NULL;
    }
    h->next = s->disk_holders;
    s->disk_holders = h;
    return h;
}

void disk_holders_client_gone(struct supervisor *s, const struct link *client)
{
    for (struct disk_holder *h = s->disk_holders, *next; h; h = next) {
        next = h->next;
        if (h->stream.link == client)
            disk_holder_free(h);
    }
}
