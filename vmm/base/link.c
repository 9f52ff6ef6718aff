/*
 * vmm/base/link.c: the descriptor's side of a link: reading, decoding, dispatching, queued writing.
 *
 * The descriptor is watched edge-triggered, because a virtio port whose host is away reports
 * EPOLLHUP for as long as that lasts. So every read goes on to EAGAIN, in slices of READ_SLICE a
 * pass so that one link does not starve the rest. A loss is only noted where it happens and
 * reported from a deferred call, so that no caller finds its link freed under it.
 */
#include "vmm/base/link.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "vmm/base/fs.h"
#include "vmm/base/link_private.h"
#include "vmm/base/sock.h"

#define READ_SLICE (4 * WIRE_FRAME_MAX)
#define OUT_MAX (16u * 1024 * 1024)
#define HELLO_AGAIN_MS 1000
#define OUT_LOW (256u * 1024)

static void link_read_some(void *arg);
static void link_tell_lost(void *arg);

void link_break(struct link *link, const struct pyro_error *why)
{
    if (link->state == LINK_BROKEN)
        return;
    link->state = LINK_BROKEN;
    link->why = *why;
    loop_defer(link->loop, &link->lost_call, link_tell_lost, link);
}

static void drop_streams(struct link *link)
{
    struct stream *s;

    while ((s = link->streams)) {
        link->streams = s->next;
        stream_forget(s);
        s->ops->closed(s, NULL, &link->why);
    }
}

static void link_tell_lost(void *arg)
{
    struct link *link = arg;

    drop_streams(link);
    link->ops->lost(link, &link->why);
}

/* Writes what the descriptor takes now; false when it failed for good. */
static bool write_some(struct link *link)
{
    while (link->out_sent < link->out.len) {
        ssize_t n =
            write(link->fd, link->out.data + link->out_sent, link->out.len - link->out_sent);
        if (n > 0) {
            link->out_sent += (size_t)n;
            link->host_seen = true;
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else if (n < 0 && errno == EAGAIN) {
            break;
        } else {
            return false;
        }
    }
    if (link->out_sent == link->out.len) {
        buf_clear(&link->out);
        link->out_sent = 0;
    } else if (link->out_sent > link->out.len / 2) {
        buf_consume(&link->out, link->out_sent);
        link->out_sent = 0;
    }
    return true;
}

size_t link_queued(const struct link *link)
{
    return link->out.len - link->out_sent;
}

/* Makes `s` the first of the streams; those before it become the last. */
static void turn_to(struct link *link, struct stream *s)
{
    struct stream *before = link->streams, *last = s;

    if (before == s)
        return;
    while (before->next != s)
        before = before->next;
    while (last->next)
        last = last->next;
    before->next = NULL;
    last->next = link->streams;
    link->streams = s;
}

/* The first stream that found no room is the first next time. */
static void wake_writers(struct link *link)
{
    struct stream *s, *next;

    if (link->state != LINK_OPEN)
        return;
    for (s = link->streams; s; s = next) {
        next = s->next;
        if (link_queued(link) >= OUT_LOW) {
            turn_to(link, s);
            return;
        }
        if (s->wants_write && s->send_credit && s->ops->writable) {
            s->wants_write = false;
            s->ops->writable(s);
        }
    }
}

static void link_flush_out(void *arg)
{
    struct link *link = arg;
    struct pyro_error err = { 0 };

    if (link->state == LINK_BROKEN)
        return;
    if (!write_some(link)) {
        pyro_fail_errno(&err, "write");
        err.code = PYRO_GUEST_LOST;
        link_break(link, &err);
        return;
    }
    wake_writers(link);
}

bool link_queue(struct link *link, const struct wire_frame *frame)
{
    uint8_t header[WIRE_HEADER_SIZE];
    struct pyro_error err = { 0 };

    if (link->state != LINK_OPEN)
        return false;
    wire_put_header(header, frame);
    if (!buf_reserve(&link->out, sizeof(header) + frame->length) ||
        !buf_append(&link->out, header, sizeof(header)) ||
        !buf_append(&link->out, frame->payload, frame->length)) {
        pyro_fail(&err, PYRO_GUEST_LOST, "the peer does not read: %zu bytes are queued for it",
                  link_queued(link));
        link_break(link, &err);
        return false;
    }
    loop_defer(link->loop, &link->flush_call, link_flush_out, link);
    return true;
}

static bool breach(struct link *link, const char *what)
{
    struct pyro_error err;

    pyro_fail(&err, PYRO_GUEST_PROTOCOL, "the peer broke the protocol: %s", what);
    link_break(link, &err);
    return false;
}

/* Gathers a JSON text that may come in pieces; *ret is NULL while pieces are missing. */
static bool gather_json(struct link *link, const struct wire_frame *f, json_t **ret)
{
    struct pyro_error err = { 0 };

    *ret = NULL;
    if (link->json_type && (link->json_type != f->type || link->json_stream != f->stream))
        return breach(link, "a frame between the pieces of a JSON text");
    if (!buf_append(&link->json, f->payload, f->length))
        return breach(link, "a JSON text over the limit");
    if (f->flags & WIRE_MORE) {
        link->json_type = f->type;
        link->json_stream = f->stream;
        return true;
    }
    link->json_type = 0;
    *ret = json_parse(link->json.data ? link->json.data : "", link->json.len, JSON_BYTES_MAX, &err);
    buf_clear(&link->json);
    if (!*ret || !json_is_object(*ret)) {
        json_decref(*ret);
        *ret = NULL;
        return breach(link, err.message[0] ? err.message : "a JSON text that is not an object");
    }
    return true;
}

static bool dispatch_open(struct link *link, uint32_t id, const json_t *request)
{
    if (!link->ops->opened)
        return breach(link, "a stream opened from the wrong side");
    if (id <= link->last_id)
        return breach(link, "a stream id used twice");
    link->last_id = id;
    link->ops->opened(link, id, request);
    return true;
}

static bool peer_is_guest(const struct link *link)
{
    return link->kind == LINK_HOST_PORT || link->kind == LINK_HOST_SOCKET;
}

static void dispatch_close(struct stream *s, const json_t *result)
{
    struct pyro_error cancelled = { 0 }, said = { 0 };
    scoped_json json_t *words = NULL;
    bool accepts = s->link->ops->opened != NULL;

    if (peer_is_guest(s->link) && !error_from_guest(result, &said))
        result = words = json_pack("{s:o}", "error", error_to_json(&said));
    stream_detach(s);
    pyro_fail(&cancelled, PYRO_INTERRUPTED, "cancelled by the other side");
    s->ops->closed(s, accepts ? NULL : result, &cancelled);
}

static bool dispatch_json(struct link *link, const struct wire_frame *f)
{
    scoped_json json_t *j = NULL;
    struct stream *s;

    if (!gather_json(link, f, &j))
        return false;
    if (!j)
        return true;
    if (f->type == WIRE_OPEN)
        return dispatch_open(link, f->stream, j);
    s = link_find(link, f->stream);
    if (!s)
        return f->stream <= link->last_id || breach(link, "a frame of an unknown stream");
    if (f->type == WIRE_CLOSE)
        dispatch_close(s, j);
    else if (s->ops->message)
        s->ops->message(s, j);
    return true;
}

static void dispatch_grant(struct link *link, struct stream *s, const struct wire_frame *f)
{
    struct reader r = reader_of(f->payload, f->length);
    uint32_t more = 0;

    if (!rd_u32(&r, &more) || more > WIRE_CREDIT - s->send_credit) {
        breach(link, "more credit than there can be");
        return;
    }
    s->send_credit += more;
    if (s->wants_write && s->ops->writable && link_queued(link) < OUT_LOW) {
        s->wants_write = false;
        s->ops->writable(s);
    }
}

static bool dispatch(struct link *link, const struct wire_frame *f)
{
    struct stream *s;

    if (f->type == WIRE_OPEN || f->type == WIRE_MESSAGE || f->type == WIRE_CLOSE)
        return dispatch_json(link, f);
    if (link->json_type)
        return breach(link, "a frame between the pieces of a JSON text");
    s = link_find(link, f->stream);
    if (!s)
        return f->stream <= link->last_id || breach(link, "a frame of an unknown stream");
    if (f->type == WIRE_GRANT) {
        dispatch_grant(link, s, f);
    } else if (f->type == WIRE_END) {
        if (s->ops->end)
            s->ops->end(s, f->channel);
    } else {
        if (f->length > s->recv_credit)
            return breach(link, "data beyond the credit");
        s->recv_credit -= f->length;
        if (s->ops->data)
            s->ops->data(s, f->channel, f->payload, f->length);
        else
            stream_consumed(s, f->length);
    }
    return link->state == LINK_OPEN;
}

/* Looks for the hello in the bytes read; returns how many are dealt with. */
static size_t take_hello(struct link *link)
{
    uint8_t nonce[WIRE_NONCE_SIZE], hello[WIRE_HELLO_SIZE];
    bool found;
    size_t spent =
        wire_find_hello((const uint8_t *)link->in, link->in_len,
                        link->kind == LINK_HOST_PORT ? link->nonce : NULL, nonce, &found);

    if (!found)
        return spent;
    link->state = LINK_OPEN;
    link->host_seen = false;
    loop_timer_cancel(link->loop, &link->hello_timer);
    if (link->kind == LINK_GUEST_PORT) {
        wire_put_hello(hello, nonce);
        if (buf_append(&link->out, hello, sizeof(hello)))
            loop_defer(link->loop, &link->flush_call, link_flush_out, link);
    }
    if (link->ops->ready)
        link->ops->ready(link);
    return spent;
}

static size_t take_frames(struct link *link)
{
    struct reader r = reader_of(link->in, link->in_len);
    struct pyro_error err = { 0 };
    struct wire_frame f;

    while (link->state == LINK_OPEN && !link->paused) {
        enum wire_status status = wire_decode(&r, &f, &err);
        if (status == WIRE_INCOMPLETE)
            break;
        if (status == WIRE_BROKEN) {
            /* A host may connect before the kernel knows that the previous one is gone. */
            if (link->kind == LINK_GUEST_PORT && wire_is_new_host(r.at, rd_left(&r)))
                pyro_fail(&err, PYRO_GUEST_LOST, "another host has connected");
            link_break(link, &err);
            break;
        }
        if (!dispatch(link, &f))
            break;
    }
    return link->in_len - rd_left(&r);
}

static void take_input(struct link *link)
{
    size_t spent = 1;

    while (spent && link->in_len && !link->paused && link->state != LINK_BROKEN) {
        spent = link->state == LINK_OPEN ? take_frames(link) : take_hello(link);
        link->in_len -= spent;
        memmove(link->in, link->in + spent, link->in_len);
    }
}

static void read_ended(struct link *link, ssize_t n)
{
    struct pyro_error err = { 0 };

    /* A port without a host reads as its end; there is nothing to lose until a host has said
     * hello. */
    if (link->kind == LINK_GUEST_PORT && link->state == LINK_HELLO)
        return;
    /* The first bytes of a new host may arrive before the kernel knows of the host: then the port
     * still reads as ended. */
    if (link->kind == LINK_GUEST_PORT && n == 0 && !link->host_seen)
        return;
    if (n == 0) {
        pyro_fail(&err, PYRO_GUEST_LOST, "the other side closed the connection");
    } else {
        pyro_fail_errno(&err, "read");
        err.code = PYRO_GUEST_LOST;
    }
    link_break(link, &err);
}

static void link_read_some(void *arg)
{
    struct link *link = arg;
    size_t slice = 0;

    take_input(link); /* what waited while it was paused */
    while (!link->paused && link->state != LINK_BROKEN) {
        ssize_t n;
        if (slice >= READ_SLICE) {
            loop_defer(link->loop, &link->read_call, link_read_some, link);
            return;
        }
        n = read(link->fd, link->in + link->in_len, sizeof(link->in) - link->in_len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            read_ended(link, n);
            return;
        }
        link->in_len += (size_t)n;
        slice += (size_t)n;
        take_input(link);
    }
}

void link_pause(struct link *link, bool paused)
{
    link->paused = paused;
    if (!paused)
        loop_defer(link->loop, &link->read_call, link_read_some, link);
}

static void link_on_event(void *arg, uint32_t events)
{
    struct link *link = arg;

    if (events & EPOLLOUT)
        link_flush_out(link);
    if (events & ~(uint32_t)EPOLLOUT)
        link_read_some(link);
}

struct link *link_new(struct loop *loop, int fd, enum link_kind kind, const struct link_ops *ops,
                      void *arg, struct pyro_error *err)
{
    struct link *link = calloc(1, sizeof(*link));

    if (!link)
        return pyro_no_memory(err, "link");
    link->loop = loop;
    link->fd = fd;
    link->kind = kind;
    link->state = kind == LINK_SOCKET || kind == LINK_HOST_SOCKET ? LINK_OPEN : LINK_HELLO;
    link->ops = ops;
    link->arg = arg;
    buf_init(&link->out, OUT_MAX);
    buf_init(&link->json, JSON_BYTES_MAX);
    if (!fd_set_nonblocking(fd, true) ||
        !loop_watch(loop, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, link_on_event, link,
                    err)) {
        free(link);
        return NULL;
    }
    return link;
}

void link_free(struct link *link)
{
    struct stream *s;

    if (!link)
        return;
    while ((s = link->streams)) {
        link->streams = s->next;
        stream_forget(s);
    }
    loop_unwatch(link->loop, link->fd);
    loop_defer_cancel(link->loop, &link->flush_call);
    loop_defer_cancel(link->loop, &link->read_call);
    loop_defer_cancel(link->loop, &link->lost_call);
    loop_timer_cancel(link->loop, &link->hello_timer);
    close(link->fd);
    buf_release(&link->out);
    buf_release(&link->json);
    free(link);
}

void *link_arg(const struct link *link)
{
    return link->arg;
}

int link_fd(const struct link *link)
{
    return link->fd;
}

struct loop *link_loop(const struct link *link)
{
    return link->loop;
}

bool link_is_ready(const struct link *link)
{
    return link->state == LINK_OPEN;
}

/* A hello may be lost in a port that changed hands; a repeated one is found whatever came
 * before. */
static void link_hello_again(void *arg)
{
    struct link *link = arg;
    struct pyro_error err = { 0 };

    if (link->state == LINK_HELLO && !link_queued(link) && !link_hello(link, true, &err))
        link_break(link, &err);
    else if (link->state == LINK_HELLO)
        loop_timer_set(link->loop, &link->hello_timer, HELLO_AGAIN_MS, link_hello_again, link);
}

bool link_hello(struct link *link, bool resync, struct pyro_error *err)
{
    size_t zeros = resync ? WIRE_FRAME_MAX : 0;
    uint8_t hello[WIRE_HELLO_SIZE];

    random_bytes(link->nonce, sizeof(link->nonce));
    wire_put_hello(hello, link->nonce);
    if (!buf_reserve(&link->out, zeros + sizeof(hello)))
        return pyro_no_memory(err, "link");
    memset(link->out.data + link->out.len, 0, zeros);
    link->out.len += zeros;
    if (!buf_append(&link->out, hello, sizeof(hello)))
        return pyro_no_memory(err, "link");
    link->state = LINK_HELLO;
    loop_timer_set(link->loop, &link->hello_timer, HELLO_AGAIN_MS, link_hello_again, link);
    loop_defer(link->loop, &link->flush_call, link_flush_out, link);
    return true;
}

void link_listen(struct link *link)
{
    drop_streams(link);
    loop_defer_cancel(link->loop, &link->lost_call);
    link->state = LINK_HELLO;
    link->last_id = 0;
    link->out_sent = 0;
    buf_clear(&link->out);
    buf_clear(&link->json);
    link->json_type = 0;
    /* The bytes already read may hold the next hello, and their edge was spent. */
    take_input(link);
    loop_defer(link->loop, &link->read_call, link_read_some, link);
}

bool link_flush(struct link *link, int64_t deadline_ms)
{
    struct pollfd p = { .fd = link->fd, .events = POLLOUT };

    while (link->state != LINK_BROKEN && link_queued(link)) {
        int64_t left = deadline_ms - clock_ms();
        if (!write_some(link) || left <= 0)
            return false;
        if (link_queued(link))
            poll(&p, 1, left > 100 ? 100 : (int)left);
    }
    return link->state != LINK_BROKEN;
}
