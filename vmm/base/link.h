/*
 * A link: one non-blocking descriptor (socket, or virtio port) that carries streams of frames in a
 * loop.
 *
 * One side opens streams and numbers them, ascending from 1; the other accepts them. A stream is a
 * request: OPEN with JSON, then DATA on channels, MESSAGEs and END either way, then CLOSE from the
 * acceptor with the result (or from the opener: cancelled). DATA is bounded by credit per stream
 * and direction, so what a link holds in memory is bounded too, and a reader that stalls stalls its
 * own stream only.
 *
 * Any breach of the rules by the peer loses the link: lost() is called once, after the streams'
 * closed() with an error. Callbacks may close streams, but may free the link in lost() only. Used
 * by the guest too: allocates at creation and for queued output, never aborts.
 */
#ifndef PYRO_LINK_H
#define PYRO_LINK_H

#include "vmm/base/json.h"
#include "vmm/base/loop.h"
#include "vmm/base/wire.h"

struct link;
struct stream;

struct stream_ops {
    /* n bytes came on a channel, borrowed. Give the credit back with stream_consumed() when they
     * are dealt with. May be NULL: the bytes are dropped. */
    void (*data)(struct stream *s, enum wire_channel channel, const uint8_t *bytes, size_t n);
    /* The peer sends no more on this channel. May be NULL. */
    void (*end)(struct stream *s, enum wire_channel channel);
    /* A JSON message, borrowed. May be NULL: ignored. */
    void (*message)(struct stream *s, const json_t *message);
    /* There is credit (and room) to send again. May be NULL. */
    void (*writable)(struct stream *s);
    /* Over: result as the peer sent it (borrowed), or NULL with the reason in err when the link was
       lost. At the host's end an error in it has gone through error_from_guest(). The stream is
       detached already and may be freed or reused. Not called after your own stream_close(). */
    void (*closed)(struct stream *s, const json_t *result, const struct pyro_error *err);
};

/* Embedded in its owner; zeroed is closed. */
struct stream {
    struct link *link; /* NULL when closed */
    struct stream *next;
    const struct stream_ops *ops;
    void *arg;
    uint32_t id;
    uint32_t send_credit;  /* bytes of DATA we may still send */
    uint32_t recv_credit;  /* bytes of DATA the peer may still send */
    uint32_t recv_pending; /* consumed here and not yet granted back */
    bool wants_write;
    struct loop_timer silence; /* stream_expect()'s */
    int64_t silence_ms;
    unsigned quiet; /* steps of it that passed without a frame */
};

struct link_ops {
    /* The peer opened a stream: call stream_accept() or stream_refuse(). NULL: this side accepts
     * none. */
    void (*opened)(struct link *link, uint32_t id, const json_t *request);
    /* The hello was exchanged: streams can be opened. May be NULL. */
    void (*ready)(struct link *link);
    /* The link is lost (end of file, breach, failed write). The link may be freed here. A guest
     * calls link_listen(). */
    void (*lost)(struct link *link, const struct pyro_error *err);
};

enum link_kind {
    LINK_SOCKET,      /* a UNIX socket: frames from the first byte */
    LINK_HOST_SOCKET, /* the same, as the host's end of a guest program's */
    LINK_HOST_PORT,   /* the host's end of a guest's port: link_hello() first */
    LINK_GUEST_PORT /* the guest's end: waits for a hello; end of file only means that the host went
                     away */
};

/* Takes ownership of fd (made non-blocking) on success. */
struct link *link_new(struct loop *loop, int fd, enum link_kind kind, const struct link_ops *ops,
                      void *arg, struct pyro_error *err) MUST_CHECK;
/* Closes the descriptor; streams are told nothing. Output that is still queued is lost: see
 * link_flush(). */
void link_free(struct link *link);
void *link_arg(const struct link *link);
int link_fd(const struct link *link);
struct loop *link_loop(const struct link *link);

/* Host: starts the connection over. `resync` pads with zeros, for a port that an older connection
 * may have used. */
bool link_hello(struct link *link, bool resync, struct pyro_error *err) MUST_CHECK;
/* Guest: drops all streams (closed() with an error) and queued output, and waits for the next
 * hello. */
void link_listen(struct link *link);
/* Whether frames can be sent. */
bool link_is_ready(const struct link *link);
/* Writes queued output, blocking until it is out or deadline_ms (clock_ms()). */
bool link_flush(struct link *link, int64_t deadline_ms);
/* Whether what the peer sends waits, its end included. What was begun goes on; nothing is lost. */
void link_pause(struct link *link, bool paused);
/* Bytes queued for output. */
size_t link_queued(const struct link *link);

/* Opens a stream; request {"op": …} is borrowed. */
bool stream_open(struct link *link, struct stream *s, const json_t *request,
                 const struct stream_ops *ops, void *arg, struct pyro_error *err) MUST_CHECK;
bool stream_accept(struct link *link, uint32_t id, struct stream *s, const struct stream_ops *ops,
                   void *arg, struct pyro_error *err) MUST_CHECK;
/* Answers a request at once, without a stream: a result (stolen) … */
void stream_reply(struct link *link, uint32_t id, json_t *result);
/* … or an error. */
void stream_refuse(struct link *link, uint32_t id, const struct pyro_error *why);

/*
 * Sends up to n bytes as credit and queue allow; returns how many were sent (0: wait for
 * writable()). On WIRE_PTY the bytes begin with their 8-byte offset and are taken whole or not at
 * all.
 */
size_t stream_send(struct stream *s, enum wire_channel channel, const void *bytes, size_t n);
/* How many bytes stream_send() would take now. */
size_t stream_room(const struct stream *s);
/* Asks for writable() without having sent anything. */
void stream_want_room(struct stream *s);
/* How long a guest may stay silent on any request. */
#define STREAM_SILENCE_MS 120000
/*
 * The peer must not stay silent: when nothing comes on the stream for about this long, it is
 * cancelled, and closed() gets PYRO_TIMEOUT. Only time in which the loop runs counts. Do not call
 * it for streams that may rest as long as they like (a command, a shell).
 */
void stream_expect(struct stream *s, int64_t silence_ms);
bool stream_end(struct stream *s, enum wire_channel channel);
bool stream_message(struct stream *s, const json_t *message);
/* n received bytes are dealt with; the peer may send as many again. */
void stream_consumed(struct stream *s, size_t n);
/* Ends the stream with a result, borrowed (NULL: {}). From the opener: cancels. No effect on a
 * closed stream. */
void stream_close(struct stream *s, const json_t *result);
/* Ends it with an error: {"error": {code, message, hint}}. */
void stream_fail(struct stream *s, const struct pyro_error *why);

/* {"code", "message", "hint"} of an error, new; and back. A result that holds an "error" fills err:
 * returns false. */
json_t *error_to_json(const struct pyro_error *err);
bool error_from_result(const json_t *result, struct pyro_error *err);
/*
 * The same for what a guest wrote, which is not trusted: of the codes only the few that say what is
 * wrong inside a guest, else PYRO_GUEST_ERROR; its text made printable, after "the guest said: ";
 * and without its hint. Links do this at the host's end, so nobody else needs to, except for errors
 * that come as data.
 */
bool error_from_guest(const json_t *result, struct pyro_error *err);

#endif
