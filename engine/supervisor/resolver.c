/*
 * engine/supervisor/resolver.c: between a guest's questions and this host's resolver.
 *
 * A question by UDP has its own connected socket, so that only the resolver that was asked can
 * answer it, and from an unpredictable port. If no answer comes within ATTEMPT_MS it goes to the
 * next resolver, until all were asked; then the guest is told nothing, as on a network.
 * /etc/resolv.conf is read for each question.
 *
 * A connection is a tunnel. One stream at the guest always waits for the next connection there, as
 * long as there are fewer than CALLS_MAX; its first bytes say that it has arrived.
 */
#include "engine/supervisor/resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/network/host.h"
#include "vmm/base/datagram.h"
#include "vmm/base/tunnel.h"

#define QUESTIONS_MAX 64
#define CALLS_MAX 32
#define ATTEMPT_MS 5000

/* The next resolver: from the one that answered last, each once. */
struct turn {
    unsigned first, taken;
};

struct question {
    struct question *next;
    struct resolver *resolver;
    int fd; /* -1 between two attempts */
    struct turn turn;
    struct loop_timer patience;
    size_t size;
    uint8_t frame[DATAGRAM_ID_BYTES + DATAGRAM_QUESTION_MAX];
};

struct call {
    struct call *next;
    struct resolver *resolver;
    struct tunnel tunnel;
    bool came; /* there is a connection at the guest */
    struct turn turn;
};

struct resolver {
    struct supervisor *supervisor;
    struct stream datagrams;
    struct question *questions;
    unsigned question_count;
    struct call *calls;
    unsigned call_count;
    unsigned preferred; /* which resolver answered last */
};

/* A socket that is connected, or connecting, to the next resolver; -1: all have been tried. */
static int connect_next(struct turn *turn, int type)
{
    struct host_resolver list[HOST_RESOLVERS_MAX];
    unsigned count = host_resolvers(list);

    while (turn->taken < count) {
        const struct host_resolver *h = &list[(turn->first + turn->taken++) % count];
        scoped_close int fd = socket(h->address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd >= 0 &&
            (connect(fd, (const void *)&h->address, h->size) == 0 || errno == EINPROGRESS))
            return take_fd(&fd);
    }
    return -1;
}

/* ---- questions by UDP ---- */

static void close_socket(struct question *q)
{
    struct loop *loop = q->resolver->supervisor->loop;

    loop_timer_cancel(loop, &q->patience);
    if (q->fd < 0)
        return;
    loop_unwatch(loop, q->fd);
    close(take_fd(&q->fd));
}

static void question_free(struct question *q)
{
    list_remove(&q->resolver->questions, q);
    q->resolver->question_count--;
    close_socket(q);
    free(q);
}

static void resolver_on_answer(void *arg, uint32_t events);
static void resolver_ask(void *arg);

/* Sends it to the next resolver; false when none of them takes it. */
static bool ask_next(struct question *q)
{
    struct loop *loop = q->resolver->supervisor->loop;
    const uint8_t *bytes = q->frame + DATAGRAM_ID_BYTES;
    size_t n = q->size - DATAGRAM_ID_BYTES;

    close_socket(q);
    while ((q->fd = connect_next(&q->turn, SOCK_DGRAM)) >= 0) {
        if (send(q->fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n &&
            loop_watch(loop, q->fd, EPOLLIN, resolver_on_answer, q, NULL)) {
            loop_timer_set(loop, &q->patience, ATTEMPT_MS, resolver_ask, q);
            return true;
        }
        close(take_fd(&q->fd));
    }
    return false;
}

static void resolver_ask(void *arg)
{
    struct question *q = arg;

    if (!ask_next(q))
        question_free(q);
}

static void resolver_on_answer(void *arg, uint32_t events UNUSED)
{
    static uint8_t frame[DATAGRAM_ID_BYTES + DATAGRAM_ANSWER_MAX];
    struct question *q = arg;
    struct resolver *r = q->resolver;
    ssize_t n = recv(q->fd, frame + DATAGRAM_ID_BYTES, DATAGRAM_ANSWER_MAX, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) { /* nothing listens there */
        resolver_ask(q);
        return;
    }
    memcpy(frame, q->frame, DATAGRAM_ID_BYTES);
    datagram_send(&r->datagrams, WIRE_STDIN, frame, DATAGRAM_ID_BYTES + (size_t)n);
    r->preferred = q->turn.first + q->turn.taken - 1;
    question_free(q);
}

static void resolver_on_question(struct stream *s, enum wire_channel channel UNUSED,
                                 const uint8_t *bytes, size_t n)
{
    struct resolver *r = s->arg;
    struct question *q;

    stream_consumed(s, n);
    if (r->question_count >= QUESTIONS_MAX || n <= DATAGRAM_ID_BYTES || n > sizeof(q->frame))
        return;
    q = calloc(1, sizeof(*q));
    BUG_ON(!q);
    q->resolver = r;
    q->turn.first = r->preferred;
    q->fd = -1;
    q->size = n;
    memcpy(q->frame, bytes, n);
    q->next = r->questions;
    r->questions = q;
    r->question_count++;
    resolver_ask(q);
}

static void resolver_on_datagrams_closed(struct stream *s UNUSED, const json_t *result UNUSED,
                                         const struct pyro_error *why UNUSED)
{
}

/* ---- connections ---- */

static void wait_for_call(struct resolver *r);

static void call_free(struct call *c)
{
    struct resolver *r = c->resolver;

    list_remove(&r->calls, c);
    r->call_count--;
    tunnel_release(&c->tunnel);
    free(c);
}

/* Gives the tunnel the next resolver's socket. */
static bool call_next(struct call *c)
{
    int fd;

    while ((fd = connect_next(&c->turn, SOCK_STREAM)) >= 0) {
        if (tunnel_attach(&c->tunnel, fd, true, NULL))
            return true;
        close(fd);
    }
    return false;
}

static void resolver_on_over(struct tunnel *t, const struct pyro_error *why)
{
    struct call *c = t->owner;
    struct resolver *r = c->resolver;

    if (why && t->connecting && t->stream.link && call_next(c))
        return;
    if (why)
        stream_close(&t->stream, NULL); /* the client sees a reset */
    if (t->stream.link)
        return;
    call_free(c);
    wait_for_call(r);
}

static void resolver_on_call_closed(struct stream *s, const json_t *result,
                                    const struct pyro_error *why UNUSED)
{
    struct call *c = ((struct tunnel *)s->arg)->owner;
    struct resolver *r = c->resolver;
    struct pyro_error failed = { 0 };
    bool came;

    if (c->tunnel.fd >= 0) {
        tunnel_closed(&c->tunnel, !result || !error_from_result(result, &failed));
        return;
    }
    came = c->came;
    call_free(c);
    if (result && came) /* a guest that refuses to wait is not asked again */
        wait_for_call(r);
}

/* The first event of a connection; false when it is over already. */
static bool take_call(struct call *c)
{
    struct resolver *r = c->resolver;

    if (c->came)
        return true;
    c->came = true;
    c->turn.first = r->preferred;
    if (call_next(c)) {
        wait_for_call(r);
        return true;
    }
    stream_close(&c->tunnel.stream, NULL);
    call_free(c);
    wait_for_call(r);
    return false;
}

static void resolver_on_call_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes,
                                  size_t n)
{
    if (take_call(((struct tunnel *)s->arg)->owner))
        tunnel_data(s, channel, bytes, n);
}

static void resolver_on_call_end(struct stream *s, enum wire_channel channel)
{
    if (take_call(((struct tunnel *)s->arg)->owner))
        tunnel_end(s, channel);
}

static bool waits(const struct resolver *r)
{
    for (const struct call *c = r->calls; c; c = c->next)
        if (!c->came)
            return true;
    return false;
}

static void wait_for_call(struct resolver *r)
{
    static const struct stream_ops ops = { .data = resolver_on_call_data,
                                           .end = resolver_on_call_end,
                                           .writable = tunnel_writable,
                                           .closed = resolver_on_call_closed };
    scoped_json json_t *request = json_pack("{s:s}", "op", "resolve_connection");
    struct supervisor *s = r->supervisor;
    struct call *c;

    if (!s->guest || r->call_count >= CALLS_MAX || waits(r))
        return;
    c = calloc(1, sizeof(*c));
    BUG_ON(!c);
    c->resolver = r;
    tunnel_init(&c->tunnel, s->loop, c, WIRE_STDOUT, WIRE_STDIN, resolver_on_over);
    if (!stream_open(s->guest, &c->tunnel.stream, request, &ops, &c->tunnel, NULL)) {
        tunnel_release(&c->tunnel);
        free(c);
        return;
    }
    c->next = r->calls;
    r->calls = c;
    r->call_count++;
}

/* ---- both ---- */

void resolver_start(struct supervisor *s)
{
    static const struct stream_ops ops = { .data = resolver_on_question,
                                           .closed = resolver_on_datagrams_closed };
    scoped_json json_t *request = json_pack("{s:s}", "op", "resolve_datagrams");
    struct resolver *r;

    if (s->resolver || !s->network || !s->guest)
        return;
    r = calloc(1, sizeof(*r));
    BUG_ON(!r);
    r->supervisor = s;
    s->resolver = r;
    if (!stream_open(s->guest, &r->datagrams, request, &ops, r, NULL))
        return; /* the link is lost, and the machine with it */
    wait_for_call(r);
}

void resolver_end(struct supervisor *s, const struct pyro_error *why UNUSED)
{
    struct resolver *r = s->resolver;

    if (!r)
        return;
    s->resolver = NULL;
    while (r->questions)
        question_free(r->questions);
    while (r->calls) {
        stream_close(&r->calls->tunnel.stream, NULL);
        call_free(r->calls);
    }
    stream_close(&r->datagrams, NULL);
    free(r);
}
