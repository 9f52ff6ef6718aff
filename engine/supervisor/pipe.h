/*
 * A one-way pipe between two streams, a client's and the guest's. Bytes are kept only while the far
 * side has no credit, and credit is returned to the near side only for what the far side took: so a
 * pipe holds at most one stream's credit, and a stalled side stalls no other stream. Of bytes that
 * were changed on the way it holds the result (PIPE_GROWTH), and returns credit in proportion.
 */
#ifndef PYRO_SUPERVISOR_PIPE_H
#define PYRO_SUPERVISOR_PIPE_H

#include "vmm/base/link.h"

#define PIPE_GROWTH 16 /* bytes that one may become, with some to spare */

struct pipe {
    struct stream *from, *to;
    enum wire_channel channel;
    /* In place of a stream `to`: takes bytes, returns how many; pipe_pump() when it has room
     * again. */
    size_t (*put)(void *arg, enum wire_channel channel, const uint8_t *bytes, size_t n);
    void *arg;
    struct buf pending;
    size_t owed; /* bytes of the near side that pending represents */
    bool ended;  /* the near side sends no more */
    bool end_sent;
};

void pipe_init(struct pipe *p, enum wire_channel channel, struct stream *from, struct stream *to);
void pipe_release(struct pipe *p);
/* n bytes came from the near side. */
void pipe_take(struct pipe *p, const uint8_t *bytes, size_t n);
/* The same for n bytes that represent `came` bytes of the near side. */
void pipe_take_changed(struct pipe *p, const uint8_t *bytes, size_t n, size_t came);
/* The near side has ended. */
void pipe_end(struct pipe *p);
/* The far side has room again. */
void pipe_pump(struct pipe *p);

#endif
