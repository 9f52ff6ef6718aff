/* engine/supervisor/clients.c: connections of other pyro processes of the same user, and what they
 * ask for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "engine/secret/hide.h"
#include "engine/state/record_change.h"
#include "engine/state/store.h"
#include "engine/supervisor/disk_ops.h"
#include "engine/supervisor/relay.h"
#include "engine/supervisor/services.h"
#include "engine/supervisor/shell_ops.h"
#include "engine/supervisor/shells.h"
#include "engine/supervisor/supervisor.h"
#include "vmm/base/fs.h"
#include "vmm/base/sock.h"

#define CLIENTS_MAX 256
#define FLUSH_MS 2000

struct client {
    struct client *next;
    struct supervisor *supervisor;
    struct link *link;
    struct waiter *waiters;
};

/* A stream that stays open until the workspace ends: a stop that is waited for, or the holder of a
 * `run`. */
struct waiter {
    struct waiter *next;
    struct client *client;
    struct stream stream;
    bool holds;
};

static void waiter_free(struct waiter *w)
{
    struct waiter **at = &w->client->waiters;

    while (*at && *at != w)
        at = &(*at)->next;
    if (*at)
        *at = w->next;
    free(w);
}

static void waiter_closed(struct stream *s, const json_t *result UNUSED,
                          const struct pyro_error *why UNUSED)
{
    struct waiter *w = s->arg;
    struct supervisor *supervisor = w->client->supervisor;
    bool held = w->holds;

    waiter_free(w);
    if (held)
        supervisor_stop(supervisor, true);
}

static struct waiter *wait_for_end(struct client *c, uint32_t id)
{
    static const struct stream_ops ops = { .closed = waiter_closed };
    struct waiter *w = calloc(1, sizeof(*w));

    BUG_ON(!w);
    w->client = c;
    if (!stream_accept(c->link, id, &w->stream, &ops, w, &(struct pyro_error){ 0 })) {
        free(w);
        return NULL;
    }
    w->next = c->waiters;
    c->waiters = w;
    return w;
}

static void op_stop(struct client *c, uint32_t id, const json_t *request)
{
    if (wait_for_end(c, id))
        supervisor_stop(c->supervisor, json_bool_or(request, "force", false));
}

static void op_hold(struct client *c, uint32_t id, const json_t *request UNUSED)
{
    struct waiter *w = wait_for_end(c, id);

    if (!w)
        return;
    w->holds = true;
    loop_timer_cancel(c->supervisor->loop, &c->supervisor->orphan);
}

/* A workspace that was being seeded under a holder is like any other from now on. */
static void op_keep(struct client *c, uint32_t id, const json_t *request)
{
    struct supervisor *s = c->supervisor;

    if (s->phase != PHASE_RUNNING) {
        struct pyro_error err = { 0 };
        pyro_fail(&err, PYRO_WORKSPACE_STATE, "workspace '%s' is stopping", s->record.id);
        stream_refuse(c->link, id, &err);
        return;
    }
    json_decref(s->record.workspace_seed);
    s->record.workspace_seed = record_seed_of(json_object_get(request, "workspace_seed"));
    hide_in_json(s->redactor, s->record.workspace_seed);
    s->record.ephemeral = false;
    for (struct client *other = s->clients; other; other = other->next)
        for (struct waiter *w = other->waiters; w; w = w->next)
            w->holds = false;
    supervisor_touch(s);
    supervisor_save(s, true);
    stream_reply(c->link, id, record_to_view(&s->record));
}

static void op_exec(struct client *c, uint32_t id, const json_t *request)
{
    exec_open(c->supervisor, c->link, id, request);
}

static void op_update(struct client *c, uint32_t id, const json_t *request)
{
    struct supervisor *s = c->supervisor;
    struct pyro_error err = { 0 };

    if (!workspace_apply_change(&s->record, request, &err)) {
        stream_refuse(c->link, id, &err);
        return;
    }
    supervisor_touch(s);
    supervisor_save(s, true);
    stream_reply(c->link, id, record_to_view(&s->record));
}

static void op_shell(struct client *c, uint32_t id, const json_t *request)
{
    shell_ops_dispatch(c->supervisor, c->link, id, request);
}

static void op_disk(struct client *c, uint32_t id, const json_t *request)
{
    disk_ops_dispatch(c->supervisor, c->link, id, request);
}

/* Answered when the machine has ended; the client then starts it again. */
static void op_reset(struct client *c, uint32_t id, const json_t *request)
{
    struct supervisor *s = c->supervisor;
    struct pyro_error err = { 0 };
    const char *snapshot;

    if (!json_get_string(request, "snapshot", &snapshot, &err) ||
        !disk_ops_reset(s, snapshot, &err)) {
        stream_refuse(c->link, id, &err);
        return;
    }
    wait_for_end(c, id);
    supervisor_stop(s, true);
}

static void op_relay(struct client *c, uint32_t id, const json_t *request)
{
    relay_open(c->supervisor, c->link, id, request, false);
}

static void op_relay_change(struct client *c, uint32_t id, const json_t *request)
{
    relay_open(c->supervisor, c->link, id, request, true);
}

static void op_service(struct client *c, uint32_t id, const json_t *request)
{
    services_dispatch(c->supervisor, c->link, id, request);
}

static const struct {
    const char *name;
    void (*run)(struct client *c, uint32_t id, const json_t *request);
} ops[] = {
    { "disk", op_disk },
    { "exec", op_exec },
    { "file_list", op_relay },
    { "file_read", op_relay },
    { "file_write", op_relay_change },
    { "hold", op_hold },
    { "keep", op_keep },
    { "reset", op_reset },
    { "service", op_service },
    { "shell", op_shell },
    { "stop", op_stop },
    { "tree_read", op_relay },
    { "tree_write", op_relay_change },
    { "update", op_update },
};

static void clients_on_opened(struct link *link, uint32_t id, const json_t *request)
{
    struct client *c = link_arg(link);
    const char *op = json_string_or(request, "op", "");
    struct pyro_error err = { 0 };

    for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
        if (!strcmp(ops[i].name, op)) {
            ops[i].run(c, id, request);
            return;
        }
    }
    pyro_fail(&err, PYRO_INTERNAL, "the supervisor does not know '%s'", op);
    pyro_hint(&err, "it may be of another version: stop and start the workspace");
    stream_refuse(link, id, &err);
}

static void client_free(struct client *c)
{
    struct client **at = &c->supervisor->clients;

    while (*at && *at != c)
        at = &(*at)->next;
    if (*at)
        *at = c->next;
    while (c->waiters)
        waiter_free(c->waiters);
    shells_client_gone(c->supervisor, c->link);
    disk_ops_client_gone(c->supervisor, c->link);
    services_client_gone(c->supervisor, c->link);
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
        c->next = s->clients;
        s->clients = c;
    }
    if (sock_is_exhausted(errno))
        loop_pause(s->loop, &s->listen_pause, s->listen_fd, EPOLLIN, SOCK_EXHAUSTED_MS);
}

bool clients_listen(struct supervisor *s, struct pyro_error *err)
{
    s->listen_fd = sock_listen_at(s->run_fd, "sock", err);
    return s->listen_fd >= 0 &&
           loop_watch(s->loop, s->listen_fd, EPOLLIN, clients_on_connect, s, err);
}

void clients_finish(struct supervisor *s)
{
    int64_t deadline = clock_ms() + FLUSH_MS;

    if (s->listen_fd >= 0) {
        loop_unwatch(s->loop, s->listen_fd);
        unlinkat(s->run_fd, "sock", 0);
        close(take_fd(&s->listen_fd));
    }
    while (s->clients) {
        struct client *c = s->clients;
        scoped_json json_t *view = record_to_view(&s->record);
        while (c->waiters) {
            struct waiter *w = c->waiters;
            stream_close(&w->stream, view);
            waiter_free(w);
        }
        link_flush(c->link, deadline);
        client_free(c);
    }
}
