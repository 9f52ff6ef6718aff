/* engine/http/server.c: requests between libmicrohttpd and the engine. */
#include "engine/http/server.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/api/lines.h"
#include "engine/api/outgoing.h"
#include "engine/http/answer.h"
#include "engine/http/exchange.h"
#include "engine/http/head.h"
#include "vmm/base/fs.h"
#include "vmm/base/json.h"

#define CONNECTIONS_MAX 256u
#define OTHER_FDS 16                         /* beside two for each connection */
#define CONNECTION_BYTES ((size_t)32 * 1024) /* the library's: a request's headers, and buffers */
#define EXCHANGES_MAX 1024
#define HELD_MAX ((size_t)128 * 1024 * 1024)
#define ENGINE_LINE_MAX ((size_t)48 * 1024 * 1024)
#define CHUNK ((size_t)64 * 1024)
#define IDLE_FACTOR 10 /* a client that was served may be idle for so many times its limit */
#define LOOK_MS 500    /* how often limits are looked at */
#define ENDING_MS 2000

#define JSON_TYPE "application/json"
#define TEXT_TYPE "text/plain; charset=utf-8"

struct server {
    const struct http_serving *serving;
    struct loop *loop;
    struct MHD_Daemon *daemon;
    struct lines lines;
    struct outgoing out;
    struct exchanges exchanges;
    struct sessions sessions;
    struct connection *connections;
    struct request *requests;
    size_t held; /* bytes of requests and answers */
    bool reads_engine, ending;
    struct loop_timer next, look, end;
    struct loop_deferred run;
};

struct connection {
    struct connection *next;
    struct server *server;
    int fd;
    int64_t due_ms; /* when it is closed; 0: never */
};

struct request {
    struct request *next;
    struct server *server;
    struct connection *connection;
    struct http_head head;
    struct http_refusal refusal; /* .why NULL: none */
    struct buf body;
    struct exchange *exchange;
    struct answer answer;
    char session[SESSION_ID_SIZE]; /* that it began */
    size_t held;
    int watch_fd; /* of the connection, while it waits; -1: not watched */
    bool handled;
};

/* ---- limits ---- */

static void server_on_run(void *arg)
{
    struct server *s = arg;

    (void)MHD_run(s->daemon);
}

static void run_soon(struct server *s)
{
    loop_defer(s->loop, &s->run, server_on_run, s);
}

static void limit(struct connection *c, int64_t factor)
{
    c->due_ms = factor ? clock_ms() + factor * c->server->serving->client_limit_ms : 0;
}

static void server_on_look(void *arg)
{
    struct server *s = arg;

    for (struct connection *c = s->connections; c; c = c->next)
        if (c->due_ms && clock_ms() >= c->due_ms) {
            shutdown(c->fd, SHUT_RDWR); /* the library sees its end */
            c->due_ms = 0;
        }
    if (s->connections)
        loop_timer_set(s->loop, &s->look, LOOK_MS, server_on_look, s);
}

static void server_on_engine(void *arg, uint32_t events);

/* Counts the bytes of a request; while all have too many, nothing more is taken from the engine. */
static void server_on_moved(void *arg)
{
    struct request *r = arg;
    struct server *s = r->server;
    size_t held = r->body.len + answer_held(&r->answer);
    bool reads;

    s->held = s->held - r->held + held;
    r->held = held;
    if (r->answer.suspended)
        limit(r->connection, 0);
    reads = s->held <= HELD_MAX;
    if (reads == s->reads_engine || s->ending)
        return;
    s->reads_engine = reads;
    loop_rewatch(s->loop, s->serving->in_fd, reads ? EPOLLIN : 0);
}

/* There is something to say, or nobody to say it to. */
static void moved(struct request *r)
{
    if (!r->answer.suspended)
        limit(r->connection, 1);
    server_on_moved(r);
    run_soon(r->server);
}

/* ---- the end of a request ---- */

static void cancel(struct server *s, struct exchange *x)
{
    scoped_free char *line = exchange_cancel_line(x);

    outgoing_put(&s->out, line, strlen(line));
    exchange_end(&s->exchanges, x);
}

static void unwatch(struct request *r)
{
    if (r->watch_fd < 0)
        return;
    loop_unwatch(r->server->loop, r->watch_fd);
    close(take_fd(&r->watch_fd));
}

/* Its client is gone: that cancels it in the newer era, in the older it goes on. */
static void abandon(struct request *r)
{
    struct exchange *x = r->exchange;

    r->exchange = NULL;
    if (x && x->modern)
        cancel(r->server, x);
    else if (x)
        x->client = NULL;
}

static void server_on_hangup(void *arg, uint32_t events UNUSED)
{
    struct request *r = arg;

    unwatch(r);
    abandon(r);
    answer_lose(&r->answer);
    moved(r);
}

static void watch(struct request *r)
{
    r->watch_fd = fcntl(r->connection->fd, F_DUPFD_CLOEXEC, 0);
    if (r->watch_fd >= 0 &&
        !loop_watch(r->server->loop, r->watch_fd, EPOLLRDHUP, server_on_hangup, r, NULL))
        close(take_fd(&r->watch_fd));
}

static void server_on_completed(void *cls UNUSED, struct MHD_Connection *mhd UNUSED, void **state,
                                enum MHD_RequestTerminationCode why UNUSED)
{
    struct request *r = *state, **at;
    struct server *s;

    if (!r)
        return;
    s = r->server;
    abandon(r);
    unwatch(r);
    limit(r->connection, r->refusal.why ? 1 : IDLE_FACTOR);
    for (at = &s->requests; *at != r; at = &(*at)->next)
        ;
    *at = r->next;
    head_release(&r->head);
    buf_release(&r->body);
    answer_release(&r->answer);
    server_on_moved(r);
    free(r);
    *state = NULL;
    if (s->ending && !s->requests)
        loop_stop(s->loop);
}

/* ---- what the engine says ---- */

static void deliver(struct server *s, const struct exchange_news *news)
{
    struct request *r = news->exchange->client;

    if (r && news->is_answer && news->exchange->initializes && !news->failed) {
        session_begin(&s->sessions, r->session);
        r->answer.session = r->session;
    }
    if (news->is_answer)
        exchange_end(&s->exchanges, news->exchange);
    if (!r)
        return;
    if (news->is_answer) {
        r->exchange = NULL;
        answer_give(&r->answer, news->status, JSON_TYPE, news->text);
    } else {
        answer_tell(&r->answer, news->text);
    }
    moved(r);
}

static void server_on_ended(void *arg)
{
    struct server *s = arg;

    loop_stop(s->loop);
}

/* The engine has said its last. */
static void begin_end(struct server *s)
{
    int fd = MHD_quiesce_daemon(s->daemon);

    s->ending = true;
    loop_unwatch(s->loop, s->serving->in_fd);
    if (fd >= 0)
        close(fd);
    for (struct request *r = s->requests; r; r = r->next) {
        if (!r->handled)
            shutdown(r->connection->fd, SHUT_RDWR);
        else if (r->answer.streams)
            answer_end(&r->answer);
        else
            answer_give(&r->answer, MHD_HTTP_SERVICE_UNAVAILABLE, TEXT_TYPE, "the end has come\n");
        moved(r);
    }
    if (!s->requests)
        loop_stop(s->loop);
    loop_timer_set(s->loop, &s->end, ENDING_MS, server_on_ended, s);
}

static void server_on_engine(void *arg, uint32_t events UNUSED)
{
    struct server *s = arg;
    char chunk[CHUNK], *line;
    ssize_t got = read(s->serving->in_fd, chunk, sizeof(chunk));
    size_t n;

    if (got < 0)
        return;
    if (got == 0) {
        begin_end(s);
        return;
    }
    BUG_ON(!lines_add(&s->lines, chunk, (size_t)got));
    for (enum lines_next next; (next = lines_next(&s->lines, false, &line, &n)) != LINES_NONE;) {
        struct exchange_news news;

        BUG_ON(next == LINES_TOO_LONG); /* the engine's results are bounded */
        if (!exchange_take(&s->exchanges, line, n, &news))
            continue;
        deliver(s, &news);
        free(news.text);
    }
}

/* ---- a request that is complete ---- */

static void say(struct request *r, unsigned status, const char *why)
{
    scoped_free char *text = str_printf("%s\n", why);

    answer_give(&r->answer, status, TEXT_TYPE, text);
}

static void say_error(struct request *r, json_t *id, const struct mcp_error *why)
{
    scoped_free char *line = exchange_error_line(id, why);

    answer_give(&r->answer, MHD_HTTP_BAD_REQUEST, JSON_TYPE, line);
}

/* The request itself ends without an answer. */
static void drop(struct server *s, struct exchange *x)
{
    struct request *r = x->client;

    cancel(s, x);
    if (!r)
        return;
    r->exchange = NULL;
    answer_end(&r->answer);
    moved(r);
}

static void take_notification(struct request *r, const struct mcp_message *m)
{
    struct server *s = r->server;
    const json_t *id = json_object_get(m->params, "requestId");
    struct exchange *x = NULL;

    if (r->head.session && !m->modern && m->method && !strcmp(m->method, "notifications/cancelled"))
        x = exchange_find(&s->exchanges, r->head.session, id);
    if (x)
        drop(s, x);
    answer_give(&r->answer, MHD_HTTP_ACCEPTED, NULL, NULL);
}

static void end_session(struct request *r)
{
    struct server *s = r->server;

    if (!r->head.session || !session_end(&s->sessions, r->head.session)) {
        say(r, MHD_HTTP_NOT_FOUND, "there is no such session");
        return;
    }
    for (struct exchange *x = s->exchanges.first, *next; x; x = next) {
        next = x->next;
        if (!strcmp(x->session, r->head.session))
            drop(s, x);
    }
    answer_give(&r->answer, MHD_HTTP_NO_CONTENT, NULL, NULL);
}

static void send_request(struct request *r, const struct mcp_message *m, const char *session)
{
    struct server *s = r->server;
    char *line = NULL;
    size_t n;

    if (s->exchanges.count >= EXCHANGES_MAX) {
        say(r, MHD_HTTP_SERVICE_UNAVAILABLE, "too many requests are under way");
        return;
    }
    r->exchange = exchange_begin(&s->exchanges, m, session, head_accepts_events(&r->head), &line);
    r->exchange->client = r;
    n = strlen(line);
    outgoing_put(&s->out, line, n);
    explicit_bzero(line, n); /* it may hold a secret */
    free(line);
    watch(r);
}

static void take_message(struct request *r, const struct mcp_message *m, struct mcp_error *why,
                         bool ok)
{
    const char *session = m->modern ? NULL : r->head.session;
    struct mcp_error unfit;

    if (!ok && (why->code == MCP_PARSE || why->code == MCP_NO_REQUEST)) {
        say_error(r, m->id, why);
        return;
    }
    if (session && m->method && !strcmp(m->method, "initialize"))
        session = NULL;
    if (session && !session_use(&r->server->sessions, session))
        say(r, MHD_HTTP_NOT_FOUND, "there is no such session");
    else if (!head_fits(&r->head, m, &unfit))
        say_error(r, m->id, &unfit);
    else if (!m->id || !m->method)
        take_notification(r, m);
    else
        send_request(r, m, session);
}

static void handle(struct request *r)
{
    struct mcp_message m = { 0 };
    struct mcp_error why;
    bool ok;

    if (r->refusal.why) {
        say(r, r->refusal.status, r->refusal.why);
    } else if (r->server->ending) {
        say(r, MHD_HTTP_SERVICE_UNAVAILABLE, "the end has come");
    } else if (!strcmp(r->head.method, "DELETE")) {
        end_session(r);
    } else {
        ok = mcp_message_parse(&m, r->body.data ? r->body.data : "", r->body.len, &why);
        take_message(r, &m, &why, ok);
        mcp_message_release(&m);
    }
    if (r->body.data)
        explicit_bzero(r->body.data, r->body.len);
    buf_release(&r->body);
    server_on_moved(r);
}

/* ---- what the library calls ---- */

static enum MHD_Result server_on_header(void *cls, enum MHD_ValueKind kind UNUSED, const char *name,
                                        const char *value)
{
    head_take(cls, name, value);
    return MHD_YES;
}

static struct request *begin_request(struct server *s, struct MHD_Connection *mhd, const char *url,
                                     const char *method)
{
    struct request *r = calloc(1, sizeof(*r));
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    BUG_ON(!r || !info || !info->socket_context);
    *r = (struct request){ .next = s->requests,
                           .server = s,
                           .connection = info->socket_context,
                           .head = { .method = method, .path = url },
                           .body = BUF_INIT(LINES_CLIENT_MAX),
                           .watch_fd = -1 };
    s->requests = r;
    answer_init(&r->answer, mhd, server_on_moved, r);
    limit(r->connection, 1);
    (void)MHD_get_connection_values(mhd, MHD_HEADER_KIND, server_on_header, &r->head);
    (void)head_is_served(&r->head, s->serving->token, &r->refusal);
    return r;
}

/* What is refused is still read, and dropped: a client that is sending does not look at answers. */
static void take_body(struct request *r, const char *bytes, size_t n)
{
    struct server *s = r->server;

    if (r->refusal.why)
        return;
    if (r->body.len + n > LINES_CLIENT_MAX)
        r->refusal = (struct http_refusal){ .status = MHD_HTTP_CONTENT_TOO_LARGE,
                                            .why = "the message is longer than 16 MiB" };
    else if (s->held + s->out.waiting + n > HELD_MAX || !buf_append(&r->body, bytes, n))
        r->refusal = (struct http_refusal){ .status = MHD_HTTP_SERVICE_UNAVAILABLE,
                                            .why = "too much is under way" };
    if (r->refusal.why)
        buf_release(&r->body);
    server_on_moved(r);
}

static enum MHD_Result server_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
                                         const char *method, const char *version UNUSED,
                                         const char *bytes, size_t *n, void **state)
{
    struct request *r = *state;

    if (!r) {
        *state = r = begin_request(cls, mhd, url, method);
        if (!r->refusal.at_once)
            return MHD_YES;
    } else if (*n) {
        take_body(r, bytes, *n);
        *n = 0;
        return MHD_YES;
    }
    if (!r->handled) {
        r->handled = true;
        handle(r);
    }
    return answer_go_on(&r->answer);
}

static void server_on_connection(void *cls, struct MHD_Connection *mhd, void **state,
                                 enum MHD_ConnectionNotificationCode what)
{
    struct server *s = cls;
    struct connection *c = *state, **at;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        c = calloc(1, sizeof(*c));
        BUG_ON(!c);
        *c = (struct connection){
            .next = s->connections,
            .server = s,
            .fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
        };
        limit(c, 1);
        *state = s->connections = c;
        if (!s->look.armed)
            loop_timer_set(s->loop, &s->look, LOOK_MS, server_on_look, s);
        return;
    }
    for (at = &s->connections; *at != c; at = &(*at)->next)
        ;
    *at = c->next;
    free(c);
    *state = NULL;
    run_soon(s); /* where there was no room for one that waits, the library looks again */
}

/* ---- the whole ---- */

static void server_on_ready(void *arg, uint32_t events UNUSED)
{
    server_on_run(arg);
}

/* The library says when it wants to run even if nothing happens. */
static void server_on_wait(void *arg)
{
    struct server *s = arg;
    MHD_UNSIGNED_LONG_LONG ms;

    if (MHD_get_timeout(s->daemon, &ms) == MHD_YES)
        loop_timer_set(s->loop, &s->next, ms < LOOK_MS ? (int64_t)ms : LOOK_MS, server_on_run, s);
    else
        loop_timer_cancel(s->loop, &s->next);
}

static void server_on_sent(void *arg UNUSED)
{
}

/* One more than there are descriptors for would be tried again and again. */
static unsigned connections_max(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= 2 * CONNECTIONS_MAX + OTHER_FDS)
        return CONNECTIONS_MAX;
    return files.rlim_cur > OTHER_FDS + 2 ? (unsigned)(files.rlim_cur - OTHER_FDS) / 2 : 1;
}

static bool start(struct server *s, struct pyro_error *err)
{
    const union MHD_DaemonInfo *info;

    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, server_on_request, s,
        MHD_OPTION_LISTEN_SOCKET, s->serving->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
        connections_max(), MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES,
        MHD_OPTION_NOTIFY_COMPLETED, server_on_completed, s, MHD_OPTION_NOTIFY_CONNECTION,
        server_on_connection, s, MHD_OPTION_END);
    info = s->daemon ? MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info)
        return pyro_fail(err, PYRO_INTERNAL, "libmicrohttpd does not start");
    return loop_watch(s->loop, info->epoll_fd, EPOLLIN, server_on_ready, s, err) &&
           loop_watch(s->loop, s->serving->in_fd, EPOLLIN, server_on_engine, s, err);
}

/* It ends only with a library in which nothing is suspended: begin_end() has seen to that. */
bool http_serve(const struct http_serving *serving, struct pyro_error *err)
{
    static struct server s;
    bool ok;

    s = (struct server){ .serving = serving, .reads_engine = true, .loop = loop_new(err) };
    if (!s.loop)
        return false;
    lines_init(&s.lines, ENGINE_LINE_MAX);
    outgoing_init(&s.out, s.loop, serving->out_fd, server_on_sent, &s);
    ok = start(&s, err) && serving->confine(err);
    if (ok) {
        loop_before_wait(s.loop, server_on_wait, &s);
        loop_run(s.loop);
    }
    if (s.daemon)
        MHD_stop_daemon(s.daemon);
    exchanges_release(&s.exchanges);
    outgoing_release(&s.out);
    lines_release(&s.lines);
    loop_free(s.loop);
    return ok;
}
