/*
 * vmm/base/tunnel.c: from a socket to a stream and back.
 *
 * The socket is watched edge-triggered, and for room only once there was none: so a connection
 * costs one epoll_ctl(2), and each event is handled until the socket gives or takes no more.
 */
#include "vmm/base/tunnel.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK_BYTES WIRE_PAYLOAD_MAX
#define ONLY_IN (EPOLLIN | EPOLLRDHUP | EPOLLET)
#define IN_AND_OUT (ONLY_IN | EPOLLOUT)

static void tunnel_on_socket(void *arg, uint32_t events);

void tunnel_init(struct tunnel *t, struct loop *loop, void *owner, enum wire_channel in,
                 enum wire_channel out,
                 void (*over)(struct tunnel *t, const struct pyro_error *why))
{
    *t = (struct tunnel){
        .loop = loop, .owner = owner, .fd = -1, .in = in, .out = out, .over = over
    };
    buf_init(&t->pending, WIRE_CREDIT);
}

bool tunnel_attach(struct tunnel *t, int fd, bool connecting, struct pyro_error *err)
{
    const int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* failing only costs time */
    if (!loop_watch(t->loop, fd, connecting ? IN_AND_OUT : ONLY_IN, tunnel_on_socket, t, err))
        return false;
    t->fd = fd;
    t->watches_out = connecting;
    t->connecting = connecting;
    t->why = (struct pyro_error){ 0 };
    return true;
}

static void close_socket(struct tunnel *t, bool reset)
{
    const struct linger at_once = { .l_onoff = 1 };

    if (t->fd < 0)
        return;
    if (reset)
        setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    loop_unwatch(t->loop, t->fd);
    close(take_fd(&t->fd));
}

void tunnel_release(struct tunnel *t)
{
    close_socket(t, true);
    buf_release(&t->pending);
}

static void end(struct tunnel *t, bool reset)
{
    close_socket(t, reset);
    t->ended = true;
}

static void fail(struct tunnel *t, int error)
{
    errno = error;
    pyro_fail_errno(&t->why, t->connecting ? "connect" : "the connection");
    t->why.code = PYRO_GUEST_ERROR;
    end(t, true);
}

/* The last step for everything that came in: the tunnel may be gone after it. */
static void end_if_over(struct tunnel *t)
{
    if (t->fd >= 0 && t->in_passed && (t->out_ended || !t->stream.link))
        end(t, t->reset);
    if (!t->ended)
        return;
    t->ended = false;
    t->over(t, t->why.code ? &t->why : NULL);
}

/* Called when the socket first takes no more. */
static void watch_out(struct tunnel *t)
{
    if (!t->watches_out)
        loop_rewatch(t->loop, t->fd, IN_AND_OUT);
    t->watches_out = true;
}

/* Gives the socket what it takes, and the stream its credit back; returns how many bytes. */
static size_t push(struct tunnel *t, const char *bytes, size_t n)
{
    size_t done = 0;

    while (done < n) {
        ssize_t sent = send(t->fd, bytes + done, n - done, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno != EAGAIN)
            fail(t, errno);
        else if (sent < 0)
            watch_out(t);
        if (sent < 0)
            break;
        done += (size_t)sent;
    }
    stream_consumed(&t->stream, done);
    return done;
}

static void push_pending(struct tunnel *t)
{
    buf_consume(&t->pending, push(t, t->pending.data, t->pending.len));
    if (t->fd < 0 || !t->in_ended || t->pending.len || t->in_passed)
        return;
    t->in_passed = true;
    if (!t->reset)
        shutdown(t->fd, SHUT_WR);
}

/* Passes the socket's bytes to the stream, as far as its credit goes. After a short read there is
 * more only when the peer has hung up. */
static void pull(struct tunnel *t, bool hung_up)
{
    static char chunk[CHUNK_BYTES];
    bool more = true;

    while (more && t->stream.link && !t->out_ended) {
        size_t room = stream_room(&t->stream), wanted = room < sizeof(chunk) ? room : sizeof(chunk);
        ssize_t n;
        if (!room) {
            stream_want_room(&t->stream);
            return;
        }
        n = recv(t->fd, chunk, wanted, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0) {
            fail(t, errno);
            return;
        }
        if (n == 0) {
            t->out_ended = true;
            stream_end(&t->stream, t->out);
            return;
        }
        if (stream_send(&t->stream, t->out, chunk, (size_t)n) != (size_t)n)
            return; /* the link broke; closed() follows */
        more = hung_up || (size_t)n == wanted;
    }
}

static void tunnel_on_socket(void *arg, uint32_t events)
{
    struct tunnel *t = arg;
    int error = 0;
    socklen_t n = sizeof(error);

    if (t->connecting && !(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
        return;
    if (t->connecting && getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error) {
        fail(t, error);
        end_if_over(t);
        return;
    }
    t->connecting = false;
    if (events & EPOLLOUT)
        push_pending(t);
    if (t->fd >= 0 && events & ~(uint32_t)EPOLLOUT)
        pull(t, events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
    /* A reset that cannot be read, because nobody takes the bytes before it. */
    if (t->fd >= 0 && events & EPOLLERR &&
        getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error)
        fail(t, error);
    end_if_over(t);
}

void tunnel_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes, size_t n)
{
    struct tunnel *t = s->arg;
    size_t done = 0;

    if (channel != t->in || t->in_ended || (t->fd < 0 && !t->connecting)) {
        stream_consumed(s, n);
        return;
    }
    if (!t->connecting && !t->pending.len)
        done = push(t, (const char *)bytes, n);
    if (t->fd >= 0 && done < n && !buf_append(&t->pending, bytes + done, n - done))
        fail(t, ENOMEM);
    end_if_over(t);
}

void tunnel_end(struct stream *s, enum wire_channel channel)
{
    struct tunnel *t = s->arg;

    if (channel != t->in || t->in_ended)
        return;
    t->in_ended = true;
    if (t->connecting || t->fd < 0)
        return;
    push_pending(t);
    end_if_over(t);
}

void tunnel_writable(struct stream *s)
{
    struct tunnel *t = s->arg;

    if (t->connecting || t->fd < 0)
        return;
    pull(t, true);
    end_if_over(t);
}

void tunnel_closed(struct tunnel *t, bool reset)
{
    t->in_ended = true;
    t->reset = reset;
    if (t->fd < 0 || t->connecting)
        end(t, true);
    else
        push_pending(t);
    end_if_over(t);
}
