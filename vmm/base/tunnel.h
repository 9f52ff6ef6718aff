/*
 * A tunnel: one TCP connection carried by a stream, socket on one side, stream on the other. The
 * same on both ends of the wire: the host's socket is a client of a published port, the guest's a
 * connection to the service.
 *
 * Bytes are read from the socket only while the stream has credit, and the stream gets its credit
 * back only when the socket has taken the bytes: so a tunnel holds at most one stream's credit, and
 * a stalled one stalls nobody else. Each direction ends on its own: the end of the socket's input
 * is an END of the stream, an END is the socket's SHUT_WR. An error on one side is a reset on the
 * other.
 */
#ifndef PYRO_TUNNEL_H
#define PYRO_TUNNEL_H

#include "vmm/base/buf.h"
#include "vmm/base/link.h"

/* Embedded in its owner. */
struct tunnel {
    struct loop *loop;
    void *owner;
    struct stream stream;
    int fd;                    /* -1: not there (yet), or over */
    enum wire_channel in, out; /* of the stream: what is for the socket, and what comes from it */
    struct buf pending;        /* from the stream, not taken by the socket yet */
    bool connecting;           /* the socket is not connected yet: bytes for it wait */
    bool in_ended;             /* the stream gives no more */
    bool in_passed;            /* … and the socket has been told */
    bool out_ended;            /* the socket gave its last, and the stream has been told */
    bool reset;                /* the other side failed: the socket ends with a reset */
    /*
     * Called when nothing is left to do with this socket, which is already closed: both directions
     * have ended (why NULL), or it failed. The stream may still be open. One that could not be
     * connected may be given another socket. May free the tunnel's owner: callers must not touch a
     * tunnel after a call into it.
     */
    void (*over)(struct tunnel *t, const struct pyro_error *why);
    struct pyro_error why;
    bool ended, watches_out; /* private */
};

/* Without a socket yet; `in` and `out` as above. */
void tunnel_init(struct tunnel *t, struct loop *loop, void *owner, enum wire_channel in,
                 enum wire_channel out,
                 void (*over)(struct tunnel *t, const struct pyro_error *why));
/* Gives it its socket, non-blocking; owned by the tunnel on success. Bytes that came for it already
 * wait while it is `connecting`. */
bool tunnel_attach(struct tunnel *t, int fd, bool connecting, struct pyro_error *err) MUST_CHECK;
/* Closes the socket, with a reset unless it is over; the stream is the owner's. */
void tunnel_release(struct tunnel *t);

/* For the struct stream_ops of the stream, whose arg is the tunnel. */
void tunnel_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes, size_t n);
void tunnel_end(struct stream *s, enum wire_channel channel);
void tunnel_writable(struct stream *s);
/* The stream is over: its bytes still go to the socket, which then ends: in order, or with a
 * reset. */
void tunnel_closed(struct tunnel *t, bool reset);

#endif
