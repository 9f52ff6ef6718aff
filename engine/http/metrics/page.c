/* engine/http/metrics/page.c: requests, one at a time as far as the page is concerned. */
#include "engine/http/metrics/page.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include "engine/http/head.h"
#include "engine/http/jail.h"
#include "vmm/base/fs.h"

#define CONNECTIONS_MAX 32u
#define LOOK_MS 500     /* how often limits are looked at */
#define CROWDED_PART 30 /* while all places are taken, a client has 1/30 of its time */
#define CONNECTION_BYTES ((size_t)16 * 1024)
#define PAGE_BYTES_MAX (64ull * 1024 * 1024)
#define PATH "/metrics"
#define TYPE "text/plain; version=0.0.4; charset=utf-8"
#define TEXT_TYPE "text/plain; charset=utf-8"

struct serving {
    const struct metrics_page *page;
    struct client *clients;
    unsigned client_count;
    bool has_room_again; /* a client is gone: the library has not looked yet who waits */
    bool ended;
};

/* ---- clients ---- */

struct client {
    struct client *next;
    int fd;
    int64_t since_ms; /* it came, or had its last answer */
};

static void page_on_connection(void *cls, struct MHD_Connection *mhd, void **state,
                               enum MHD_ConnectionNotificationCode what)
{
    struct serving *s = cls;
    struct client *c = *state;

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        list_remove(&s->clients, c);
        s->client_count--;
        s->has_room_again = true;
        free(c);
        return;
    }
    *state = c = calloc(1, sizeof(*c));
    BUG_ON(!c);
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    c->since_ms = clock_ms();
    c->next = s->clients;
    s->clients = c;
    s->client_count++;
}

/* It has all its time to take the answer; while others wait for room, its connection ends with that. */
static void renew(struct serving *s, struct MHD_Connection *mhd, struct MHD_Response *response)
{
    struct client *c =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;

    c->since_ms = clock_ms();
    if (s->client_count >= CONNECTIONS_MAX)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

/* The library's own limit is of silence: a client that sends a byte now and then would stay. */
static void end_slow(struct serving *s)
{
    int64_t allowed_ms = (int64_t)s->page->client_limit_seconds * 1000;

    if (s->client_count >= CONNECTIONS_MAX)
        allowed_ms /= CROWDED_PART;
    for (struct client *c = s->clients; c; c = c->next)
        if (clock_ms() - c->since_ms >= allowed_ms)
            shutdown(c->fd, SHUT_RDWR); /* the library sees its end */
}

/* ---- the page ---- */

/* New; NULL: there is none now, or no more. */
static char *get_page(struct serving *s, size_t *ret_n)
{
    uint64_t n = 0;
    char *text;

    if (!fs_write_all(s->page->out_fd, "?", 1, NULL) ||
        fs_read_full(s->page->in_fd, &n, sizeof(n)) != sizeof(n)) {
        s->ended = true;
        return NULL;
    }
    text = n && n <= PAGE_BYTES_MAX ? malloc(n) : NULL;
    if (text && fs_read_full(s->page->in_fd, text, n) == (ssize_t)n) {
        *ret_n = n;
        return text;
    }
    s->ended |= n > 0;
    free(text);
    return NULL;
}

/* ---- requests ---- */

static enum MHD_Result page_on_header(void *cls, enum MHD_ValueKind kind UNUSED, const char *name,
                                      const char *value)
{
    head_take(cls, name, value);
    return MHD_YES;
}

/* Takes the text. */
static enum MHD_Result answer(struct serving *s, struct MHD_Connection *mhd, unsigned status,
                              const char *type, char *text, size_t n)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(n, text, MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result;

    if (!response) {
        free(text);
        return MHD_NO;
    }
    renew(s, mhd, response);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    result = MHD_queue_response(mhd, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct serving *s, struct MHD_Connection *mhd,
                              const struct http_refusal *why)
{
    char *text = str_printf("%s\n", why->why);

    return answer(s, mhd, why->status, TEXT_TYPE, text, strlen(text));
}

static bool is_served(struct MHD_Connection *mhd, const char *path, const char *method,
                      struct http_refusal *ret)
{
    struct http_head head = { .method = method, .path = path };
    bool ok;

    (void)MHD_get_connection_values(mhd, MHD_HEADER_KIND, page_on_header, &head);
    ok = head_is_from_here(&head, ret);
    head_release(&head);
    if (ok && strcmp(path, PATH) != 0) {
        *ret = (struct http_refusal){ .status = MHD_HTTP_NOT_FOUND,
                                      .why = "there is nothing but " PATH };
        ok = false;
    } else if (ok && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        *ret = (struct http_refusal){ .status = MHD_HTTP_METHOD_NOT_ALLOWED,
                                      .why = "it can only be read" };
        ok = false;
    }
    return ok;
}

/* Called once with the head, then for each part of a body, which is dropped, and at its end. */
static enum MHD_Result page_on_request(void *cls, struct MHD_Connection *mhd, const char *path,
                                       const char *method, const char *version UNUSED,
                                       const char *bytes UNUSED, size_t *n, void **state)
{
    static char begun;
    struct serving *s = cls;
    struct http_refusal why = { .status = MHD_HTTP_SERVICE_UNAVAILABLE,
                                .why = "there is no page now" };
    bool served = is_served(mhd, path, method, &why);
    char *text;
    size_t length;

    if ((!*state && !why.at_once) || *n) {
        *state = &begun;
        *n = 0;
        return MHD_YES;
    }
    if (!served || !(text = get_page(s, &length)))
        return refuse(s, mhd, &why);
    return answer(s, mhd, MHD_HTTP_OK, TYPE, text, length);
}

/* ---- the whole ---- */

static struct MHD_Daemon *start(struct serving *s)
{
    return MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, page_on_request, s,
                            MHD_OPTION_LISTEN_SOCKET, s->page->listen_fd,
                            MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES,
                            MHD_OPTION_CONNECTION_TIMEOUT, s->page->client_limit_seconds,
                            MHD_OPTION_NOTIFY_CONNECTION, page_on_connection, s, MHD_OPTION_END);
}

/* Until there is something to do for the library, or for limits. */
static int wait_ms(const struct serving *s, struct MHD_Daemon *daemon)
{
    MHD_UNSIGNED_LONG_LONG ms;

    if (s->has_room_again)
        return 0;
    if (MHD_get_timeout(daemon, &ms) == MHD_YES && ms < LOOK_MS)
        return (int)ms;
    return s->clients ? LOOK_MS : -1;
}

bool metrics_page_serve(const struct metrics_page *page, struct pyro_error *err)
{
    struct serving s = { .page = page };
    struct MHD_Daemon *daemon = start(&s);
    const union MHD_DaemonInfo *info =
        daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    bool ok = info && http_jail_enter(err);

    if (!info)
        pyro_fail(err, PYRO_INTERNAL, "libmicrohttpd does not start");
    while (ok && !s.ended) {
        struct pollfd p[] = { { .fd = info->epoll_fd, .events = POLLIN },
                              { .fd = page->in_fd, .events = POLLIN } };
        if (poll(p, ARRAY_SIZE(p), wait_ms(&s, daemon)) < 0 && errno != EINTR)
            break;
        s.ended = p[1].revents != 0; /* nothing comes that was not asked for: it is the end */
        s.has_room_again = false;
        end_slow(&s);
        if (!s.ended)
            (void)MHD_run(daemon);
    }
    if (daemon)
        MHD_stop_daemon(daemon);
    return ok;
}
