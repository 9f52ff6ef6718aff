/*
 * guest/resolver.c: questions by UDP and TCP, and the programs that wait for answers.
 *
 * All datagrams go through one stream, each a DATA frame of its own after the number of the
 * question (vmm/base/datagram.h). The last ASKERS_MAX are remembered; an answer that comes later
 * than that is dropped. A connection is a tunnel: it takes the stream that the host holds ready,
 * and while there is none it waits in the listener's queue.
 */
#include "guest/resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/base/datagram.h"
#include "vmm/base/sock.h"
#include "vmm/base/tunnel.h"

#define DNS_PORT 53
#define ASKERS_MAX 256 /* a power of two: the number of a question says whose it is */
#define BACKLOG 64
#define AT_ONCE 32 /* datagrams before others have their turn */

struct caller {
    struct tunnel tunnel;
};

static struct {
    int udp, tcp;
    bool tcp_watched;
    struct loop_pause tcp_pause; /* no descriptors were left */
    struct stream datagrams;
    uint32_t last; /* question */
    struct asker {
        uint32_t id; /* 0: nobody */
        struct sockaddr_in address;
    } askers[ASKERS_MAX];
    struct caller *waiting; /* holds the stream for the next connection; NULL: there is none */
} resolver = { .udp = -1, .tcp = -1 };

/* ---- datagrams ---- */

static bool take_question(void)
{
    uint8_t frame[DATAGRAM_ID_BYTES + DATAGRAM_QUESTION_MAX + 1];
    struct asker *a = &resolver.askers[++resolver.last % ASKERS_MAX];
    socklen_t size = sizeof(a->address);
    ssize_t n = recvfrom(resolver.udp, frame + DATAGRAM_ID_BYTES, sizeof(frame) - DATAGRAM_ID_BYTES,
                         0, (void *)&a->address, &size);

    a->id = 0;
    if (n < 0)
        return errno == EINTR;
    if (n == 0 || n > DATAGRAM_QUESTION_MAX)
        return true;
    put_u32(frame, resolver.last);
    if (!datagram_send(&resolver.datagrams, WIRE_STDOUT, frame, DATAGRAM_ID_BYTES + (size_t)n))
        return true; /* the program asks again */
    a->id = resolver.last;
    return true;
}

static void resolver_on_udp(void *arg UNUSED, uint32_t events UNUSED)
{
    for (int i = 0; i < AT_ONCE && take_question(); i++)
        ;
}

static void resolver_on_answer(struct stream *s, enum wire_channel channel UNUSED,
                               const uint8_t *bytes, size_t n)
{
    struct reader r = reader_of(bytes, n);
    struct asker *a;
    uint32_t id;

    if (rd_u32(&r, &id)) {
        a = &resolver.askers[id % ASKERS_MAX];
        if (id && a->id == id)
            sendto(resolver.udp, r.at, rd_left(&r), MSG_DONTWAIT | MSG_NOSIGNAL,
                   (void *)&a->address, sizeof(a->address));
        a->id = 0;
    }
    stream_consumed(s, n);
}

static void resolver_on_datagrams_closed(struct stream *s UNUSED, const json_t *result UNUSED,
                                         const struct pyro_error *why UNUSED)
{
}

bool resolver_op_datagrams(struct guest *g, uint32_t id, const json_t *request UNUSED,
                           struct pyro_error *err)
{
    static const struct stream_ops ops = { .data = resolver_on_answer,
                                           .closed = resolver_on_datagrams_closed };

    if (resolver.udp < 0 || resolver.datagrams.link)
        return pyro_fail(err, PYRO_GUEST_ERROR,
                         "nobody can ask, or questions are already answered");
    return stream_accept(g->link, id, &resolver.datagrams, &ops, NULL, err);
}

/* ---- connections ---- */

static void watch_tcp(struct guest *g, bool on)
{
    loop_timer_cancel(g->loop, &resolver.tcp_pause.timer);
    if (resolver.tcp_watched != on)
        loop_rewatch(g->loop, resolver.tcp, on ? EPOLLIN : 0);
    resolver.tcp_watched = on;
}

static void caller_free(struct caller *c)
{
    if (resolver.waiting == c)
        resolver.waiting = NULL;
    tunnel_release(&c->tunnel);
    free(c);
}

static void resolver_on_over(struct tunnel *t, const struct pyro_error *why)
{
    if (why)
        stream_fail(&t->stream, why);
    else
        stream_close(&t->stream, NULL);
    caller_free(t->owner);
}

static void resolver_on_closed(struct stream *s, const json_t *result UNUSED,
                               const struct pyro_error *why UNUSED)
{
    caller_free(((struct tunnel *)s->arg)->owner);
}

static void resolver_on_tcp(void *arg, uint32_t events UNUSED)
{
    struct guest *g = arg;
    struct caller *c = resolver.waiting;
    int fd = -1;

    if (c)
        fd = accept4(resolver.tcp, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        resolver.waiting = NULL;
        if (tunnel_attach(&c->tunnel, fd, false, NULL)) {
            tunnel_writable(&c->tunnel.stream); /* its question is often here already */
        } else {
            close(fd);
            stream_close(&c->tunnel.stream, NULL);
            caller_free(c);
        }
    }
    if (fd < 0 && c && sock_is_exhausted(errno))
        loop_pause(g->loop, &resolver.tcp_pause, resolver.tcp, EPOLLIN, SOCK_EXHAUSTED_MS);
    if (!resolver.waiting)
        watch_tcp(g, false);
}

bool resolver_op_connection(struct guest *g, uint32_t id, const json_t *request UNUSED,
                            struct pyro_error *err)
{
    static const struct stream_ops ops = { .data = tunnel_data,
                                           .end = tunnel_end,
                                           .writable = tunnel_writable,
                                           .closed = resolver_on_closed };
    struct caller *c;

    if (resolver.tcp < 0 || resolver.waiting)
        return pyro_fail(err, PYRO_GUEST_ERROR, "nobody can ask, or a connection already waits");
    c = calloc(1, sizeof(*c));
    if (!c)
        return pyro_no_memory(err, NULL);
    tunnel_init(&c->tunnel, g->loop, c, WIRE_STDIN, WIRE_STDOUT, resolver_on_over);
    if (!stream_accept(g->link, id, &c->tunnel.stream, &ops, &c->tunnel, err)) {
        caller_free(c);
        return false;
    }
    resolver.waiting = c;
    watch_tcp(g, true);
    return true;
}

/* ---- the sockets ---- */

static int bind_socket(int type, struct pyro_error *err)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(DNS_PORT) };
    scoped_close int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;

    inet_pton(AF_INET, RESOLVER_ADDRESS, &a.sin_addr);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (const void *)&a, sizeof(a)) != 0 ||
        (type == SOCK_STREAM && listen(fd, BACKLOG) != 0)) {
        pyro_fail_errno(err, RESOLVER_ADDRESS);
        return -1;
    }
    return take_fd(&fd);
}

static bool open_socket(struct guest *g, int *fd, int type, uint32_t events, loop_fd_fn *fn)
{
    struct pyro_error err = { 0 };

    *fd = bind_socket(type, &err);
    if (*fd >= 0 && loop_watch(g->loop, *fd, events, fn, g, &err))
        return true;
    guest_log("names: %s", err.message);
    if (*fd >= 0)
        close(take_fd(fd));
    return false;
}

void resolver_listen(struct guest *g)
{
    if (resolver.udp < 0)
        open_socket(g, &resolver.udp, SOCK_DGRAM, EPOLLIN, resolver_on_udp);
    if (resolver.tcp < 0)
        open_socket(g, &resolver.tcp, SOCK_STREAM, 0, resolver_on_tcp);
}
