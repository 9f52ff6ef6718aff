/* engine/supervisor/clients.c: accepting connections, and finding who answers a request. */
#include "engine/supervisor/clients.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "vmm/base/fs.h"
#include "vmm/base/sock.h"

#define CLIENTS_MAX 256
#define FLUSH_MS 2000
/* In run/: where clients look for it, and where they do not find it. */
#define SOCKET "sock"
#define SOCKET_SHUT ".sock"

struct client {
    struct client *next;
    struct supervisor *supervisor;
    struct link *link;
    bool passive; /* it only waits to see what becomes of the workspace */
};

static const struct supervisor_op *find_op(const struct supervisor *s, const char *name)
{
    for (const struct supervisor_part *p = s->parts; p->name; p++)
        for (const struct supervisor_op *op = p->ops; op && op->name; op++)
            if (!strcmp(op->name, name))
                return op;
    return NULL;
}

static void clients_on_opened(struct link *link, uint32_t id, const json_t *request)
{
    struct supervisor *s = ((struct client *)link_arg(link))->supervisor;
    const char *name = json_string_or(request, "op", "");
    const struct supervisor_op *op = find_op(s, name);
    struct pyro_error err = { 0 };

    ((struct client *)link_arg(link))->passive = json_bool_or(request, "passive", false);
    if (op && (!s->check_op || s->check_op(s, name, &err)) && op->run(s, link, id, request, &err))
        return;
    if (!op) {
        pyro_fail(&err, PYRO_INTERNAL, "the supervisor does not know '%s'", name);
        pyro_hint(&err, "it may be of another version: stop and start the workspace");
    }
    stream_refuse(link, id, &err);
}

static void client_free(struct client *c)
{
    list_remove(&c->supervisor->clients, c);
    if (!c->passive)
        c->supervisor->client_left_ms = clock_ms();
    SUPERVISOR_EACH_PART(c->supervisor, client_gone, c->link);
    link_free(c->link);
    free(c);
}

static void clients_on_lost(struct link *link, const struct pyro_error *why UNUSED)
{
    client_free(link_arg(link));
}

static void clients_on_connect(void *arg, uint32_t events UNUSED)
{
    static const struct link_ops link_ops = { .opened = clients_on_opened,
                                              .lost = clients_on_lost };
    struct supervisor *s = arg;
    unsigned count = 0;
    int fd;

    for (struct client *c = s->clients; c; c = c->next)
        count++;
    while ((fd = sock_accept_own(s->listen_fd)) >= 0) {
        struct client *c = count++ < CLIENTS_MAX ? calloc(1, sizeof(*c)) : NULL;
        if (c)
            c->link = link_new(s->loop, fd, LINK_SOCKET, &link_ops, c, NULL);
        if (!c || !c->link) {
            free(c);
            close(fd);
            continue;
        }
        c->supervisor = s;
        link_pause(c->link, s->clients_paused);
        c->next = s->clients;
        s->clients = c;
    }
    if (sock_is_exhausted(errno))
        loop_pause(s->loop, &s->listen_pause, s->listen_fd, EPOLLIN, SOCK_EXHAUSTED_MS);
}

bool clients_listen(struct supervisor *s, struct pyro_error *err)
{
    s->listen_fd = sock_listen_at(s->run_fd, SOCKET, err);
    return s->listen_fd >= 0 &&
           loop_watch(s->loop, s->listen_fd, EPOLLIN, clients_on_connect, s, err);
}

bool clients_are_present(const struct supervisor *s)
{
    const struct client *c = s->clients;

    while (c && c->passive)
        c = c->next;
    return c != NULL;
}

void clients_shut(struct supervisor *s)
{
    renameat(s->run_fd, SOCKET, s->run_fd, SOCKET_SHUT);
    clients_on_connect(s, 0); /* a client that was faster */
}

void clients_open(struct supervisor *s)
{
    renameat(s->run_fd, SOCKET_SHUT, s->run_fd, SOCKET);
}

void clients_pause(struct supervisor *s, bool paused)
{
    s->clients_paused = paused;
    for (struct client *c = s->clients; c; c = c->next)
        link_pause(c->link, paused);
}

void clients_finish(struct supervisor *s)
{
    int64_t deadline = clock_ms() + FLUSH_MS;

    if (s->listen_fd >= 0) {
        loop_unwatch(s->loop, s->listen_fd);
        unlinkat(s->run_fd, SOCKET, 0);
        unlinkat(s->run_fd, SOCKET_SHUT, 0);
        close(take_fd(&s->listen_fd));
    }
    while (s->clients) {
        struct client *c = s->clients;
        link_flush(c->link, deadline);
        client_free(c);
    }
}
