/*
 * engine/supervisor/ports.c: published ports: listeners, and the connections through them.
 *
 * A connection is a tunnel (vmm/base/tunnel.h) whose stream is the guest's `connect`. It is over
 * when both the client's socket and the stream are: the guest closes the stream once the service
 * has received everything the client sent. Clients beyond CONNECTIONS_MAX wait in the listener's
 * queue.
 */
#include "engine/supervisor/ports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/state/service_files.h"
#include "vmm/base/sock.h"
#include "vmm/base/tunnel.h"

#define CONNECTIONS_MAX 256

struct port {
    struct port *next;
    struct supervisor *supervisor;
    char service[SERVICE_NAME_MAX + 1];
    int fd, guest_port;
    bool paused;
};

struct connection {
    struct connection *next;
    struct supervisor *supervisor;
    struct tunnel tunnel;
};

/* ---- connections ---- */

static void ports_accept_again(void *arg)
{
    struct supervisor *s = arg;

    for (struct port *p = s->ports; p; p = p->next)
        if (p->paused) {
            p->paused = false;
            loop_rewatch(s->loop, p->fd, EPOLLIN);
        }
}

static void connection_free(struct connection *c)
{
    list_remove(&c->supervisor->connections, c);
    c->supervisor->connection_count--;
    ports_accept_again(c->supervisor);
    tunnel_release(&c->tunnel);
    free(c);
}

static void ports_on_over(struct tunnel *t, const struct pyro_error *why)
{
    if (why)
        stream_close(&t->stream, NULL); /* the service sees a reset */
    if (!t->stream.link)
        connection_free(t->owner);
}

static void ports_on_closed(struct stream *s, const json_t *result,
                            const struct pyro_error *why UNUSED)
{
    struct connection *c = ((struct tunnel *)s->arg)->owner;
    struct pyro_error failed = { 0 };

    if (c->tunnel.fd >= 0)
        tunnel_closed(&c->tunnel, !result || !error_from_result(result, &failed));
    else
        connection_free(c);
}

static bool start(struct connection *c, int fd, int guest_port, struct pyro_error *err)
{
    static const struct stream_ops ops = { .data = tunnel_data,
                                           .end = tunnel_end,
                                           .writable = tunnel_writable,
                                           .closed = ports_on_closed };
    scoped_json json_t *request = json_pack("{s:s, s:i}", "op", "connect", "port", guest_port);
    struct supervisor *s = c->supervisor;

    if (!tunnel_attach(&c->tunnel, fd, false, err)) {
        close(fd);
        return false;
    }
    return s->guest && stream_open(s->guest, &c->tunnel.stream, request, &ops, &c->tunnel, err);
}

static void carry(struct port *p, int fd)
{
    struct supervisor *s = p->supervisor;
    struct connection *c = calloc(1, sizeof(*c));

    BUG_ON(!c);
    c->supervisor = s;
    c->next = s->connections;
    s->connections = c;
    s->connection_count++;
    tunnel_init(&c->tunnel, s->loop, c, WIRE_STDOUT, WIRE_STDIN, ports_on_over);
    if (start(c, fd, p->guest_port, &(struct pyro_error){ 0 }))
        tunnel_writable(&c->tunnel.stream); /* its request is often here already */
    else
        connection_free(c);
}

static void ports_on_client(void *arg, uint32_t events UNUSED)
{
    struct port *p = arg;
    struct supervisor *s = p->supervisor;

    while (s->connection_count < CONNECTIONS_MAX) {
        int fd = accept4(p->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            carry(p, fd);
        } else if (errno == EAGAIN) {
            return;
        } else if (sock_is_exhausted(errno)) {
            loop_timer_set(s->loop, &s->accept_again, SOCK_EXHAUSTED_MS, ports_accept_again, s);
            break;
        }
    }
    p->paused = true;
    loop_rewatch(s->loop, p->fd, 0);
}

void ports_end(struct supervisor *s, const struct pyro_error *why UNUSED)
{
    while (s->connections) {
        stream_close(&s->connections->tunnel.stream, NULL);
        connection_free(s->connections);
    }
}

/* ---- listeners ---- */

static bool open_one(struct supervisor *s, const char *name, json_t *published,
                     struct pyro_error *err)
{
    int host_port = (int)json_int_or(published, "host_port", 0);
    int fd =
        sock_listen_loopback(&host_port, "name another, or leave HOST out for a free one", err);
    struct port *p;

    if (fd < 0)
        return false;
    p = calloc(1, sizeof(*p));
    BUG_ON(!p);
    *p = (struct port){ .next = s->ports,
                        .supervisor = s,
                        .fd = fd,
                        .guest_port = (int)json_int_or(published, "guest_port", 0) };
    snprintf(p->service, sizeof(p->service), "%s", name);
    if (!loop_watch(s->loop, fd, EPOLLIN, ports_on_client, p, err)) {
        close(fd);
        free(p);
        return false;
    }
    s->ports = p;
    json_object_set_new(published, "host_port", json_integer(host_port));
    return true;
}

bool ports_open(struct supervisor *s, const char *name, json_t *published, struct pyro_error *err)
{
    for (size_t i = 0; i < json_array_size(published); i++)
        if (!open_one(s, name, json_array_get(published, i), err)) {
            ports_close(s, name);
            return false;
        }
    return true;
}

static bool check_policy(const struct supervisor *s, struct pyro_error *err)
{
    if (s->record.host_compat) {
        pyro_fail(err, PYRO_WORKSPACE_STATE,
                  "workspace '%s' runs on the host: its services' ports are the host's already",
                  s->record.id);
        return pyro_hint(err, "connect to the port itself");
    }
    if (s->record.network_policy == NETWORK_EGRESS_PORTS)
        return true;
    pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' may not publish ports: its policy is %s",
              s->record.id, network_policy_names[s->record.network_policy]);
    return pyro_hint(err, "create one with '--network-policy %s'",
                     network_policy_names[NETWORK_EGRESS_PORTS]);
}

bool ports_publish(struct supervisor *s, const char *name, const json_t *asked, json_t **ret,
                   struct pyro_error *err)
{
    scoped_json json_t *list = asked ? json_deep_copy(asked) : json_array();

    if (asked && !service_publish_check(asked, false, err))
        return false;
    if (json_array_size(list) && (!check_policy(s, err) || !ports_open(s, name, list, err)))
        return false;
    *ret = json_incref(list);
    return true;
}

void ports_close(struct supervisor *s, const char *name)
{
    struct port **at = &s->ports, *p;

    while ((p = *at)) {
        if (strcmp(p->service, name) != 0) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        loop_unwatch(s->loop, p->fd);
        close(p->fd);
        free(p);
    }
}
