/* Shared by link.c and stream.c; nobody else includes this. */
#ifndef PYRO_LINK_PRIVATE_H
#define PYRO_LINK_PRIVATE_H

#include "vmm/base/link.h"

enum link_state { LINK_HELLO, LINK_OPEN, LINK_BROKEN };

struct link {
    struct loop *loop;
    int fd;
    enum link_kind kind;
    enum link_state state;
    const struct link_ops *ops;
    void *arg;
    struct stream *streams;
    uint32_t last_id; /* highest stream id so far, ours or the peer's */
    uint8_t nonce[WIRE_NONCE_SIZE];
    struct buf out; /* frames to be written, from out_sent on */
    size_t out_sent;
    struct buf json;          /* pieces of a JSON text gathered so far */
    enum wire_type json_type; /* of those pieces; 0: none is open */
    uint32_t json_stream;
    struct pyro_error why; /* of the loss */
    struct loop_deferred flush_call, read_call, lost_call;
    struct loop_timer hello_timer; /* host: when to say hello again */
    bool paused;                   /* frames wait: link_pause() */
    bool host_seen; /* guest: since the hello the port has shown that its host is there */
    size_t in_len;
    char in[2 * WIRE_FRAME_MAX];
};

/* Queues one frame; false when the link is not open, or breaks. */
bool link_queue(struct link *link, const struct wire_frame *frame);
/* Notes the loss of the link; lost() follows at the end of the pass. */
void link_break(struct link *link, const struct pyro_error *why);
/* The stream a frame is for; NULL: no stream has that number. */
struct stream *link_find(struct link *link, uint32_t id);
/* Takes the stream out of its link. */
void stream_detach(struct stream *s);
/* … when the link's list is being emptied. */
void stream_forget(struct stream *s);

#endif
