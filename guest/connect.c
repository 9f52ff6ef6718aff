/* guest/connect.c: a TCP connection to 127.0.0.1, or ::1 when nobody listens there, carried by a
 * stream. */
#include "guest/connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/base/tunnel.h"

#define CONNECTIONS_MAX 512

struct connection {
    struct connection *next;
    struct guest *g;
    struct tunnel tunnel;
    int port;
    bool tried_v6;
};

static void connection_free(struct connection *c)
{
    list_remove(&c->g->connections, c);
    c->g->connection_count--;
    tunnel_release(&c->tunnel);
    free(c);
}

/* On the loopback a connection is made or refused at once: the result of the second call would
 * otherwise be an event of its own. */
static bool attach_socket(struct connection *c, const void *address, socklen_t n, int family,
                          struct pyro_error *err)
{
    scoped_close int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool connecting = false;

    if (fd < 0)
        return pyro_fail_errno(err, "connect to port %d", c->port);
    if (connect(fd, address, n) != 0 && (errno != EINPROGRESS || connect(fd, address, n) != 0)) {
        connecting = errno == EALREADY || errno == EINPROGRESS;
        if (!connecting)
            return pyro_fail_errno(err, "connect to port %d", c->port);
    }
    if (!tunnel_attach(&c->tunnel, fd, connecting, err))
        return false;
    take_fd(&fd);
    return true;
}

static bool start_v4(struct connection *c, struct pyro_error *err)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_port = htons((uint16_t)c->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    return attach_socket(c, &a, sizeof(a), AF_INET, err);
}

static bool start_v6(struct connection *c, struct pyro_error *err)
{
    struct sockaddr_in6 a = { .sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)c->port),
                              .sin6_addr = in6addr_loopback };

    c->tried_v6 = true;
    return attach_socket(c, &a, sizeof(a), AF_INET6, err);
}

static void connect_on_over(struct tunnel *t, const struct pyro_error *why)
{
    struct connection *c = t->owner;
    struct pyro_error err = { 0 };

    if (why && why->sys_errno == ECONNREFUSED && t->connecting && !c->tried_v6 && t->stream.link &&
        start_v6(c, &err))
        return;
    if (why)
        stream_fail(&t->stream, why);
    else
        stream_close(&t->stream, NULL);
    connection_free(c);
}

/* Given up by the host, or the host is gone: the service sees a reset. */
static void connect_on_closed(struct stream *s, const json_t *result UNUSED,
                              const struct pyro_error *why UNUSED)
{
    connection_free(((struct tunnel *)s->arg)->owner);
}

static const struct stream_ops ops = {
    .data = tunnel_data, .end = tunnel_end, .writable = tunnel_writable, .closed = connect_on_closed
};

bool connect_op_connect(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err)
{
    struct connection *c;
    int64_t port;

    if (!json_get_int(request, "port", 1, 65535, &port, err))
        return false;
    if (g->connection_count >= CONNECTIONS_MAX)
        return pyro_fail(err, PYRO_GUEST_ERROR, "%d connections are open; no more at once",
                         CONNECTIONS_MAX);
    c = calloc(1, sizeof(*c));
    if (!c)
        return pyro_no_memory(err, "connect");
    c->g = g;
    c->port = (int)port;
    c->next = g->connections;
    g->connections = c;
    g->connection_count++;
    tunnel_init(&c->tunnel, g->loop, c, WIRE_STDIN, WIRE_STDOUT, connect_on_over);
    if ((start_v4(c, err) || (err->sys_errno == ECONNREFUSED && start_v6(c, err))) &&
        stream_accept(g->link, id, &c->tunnel.stream, &ops, &c->tunnel, err))
        return true;
    connection_free(c);
    return false;
}
