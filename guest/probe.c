/* guest/probe.c: the kinds of readiness. */
#include "guest/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/child.h"
#include "guest/listeners.h"
#include "vmm/base/file_name.h"
#include "vmm/base/fs.h"

#define FIRST_PAUSE_MS 20
#define TRY_MS 10000     /* one try may take this long */
#define LONG_TRY_MS 1000 /* one that takes this long says more than the one before it */
#define ANSWER_BYTES 512
#define INTERVAL_MAX_MS (3600 * 1000)

enum kind { PROBE_FILE, PROBE_TCP, PROBE_HTTP, PROBE_COMMAND };

/* The failure found by the last finished try. */
struct finding {
    char text[200];
    bool connected; /* says more than that nobody accepts a connection */
};

struct probe {
    struct guest *g;
    enum kind kind;
    void (*ready)(void *arg);
    void *arg;
    int64_t interval_ms, pause_ms;
    struct loop_timer timer; /* the next try, or this try's deadline */
    struct loop_deferred found;
    struct finding findings[2]; /* of each address; the other kinds have one */
    unsigned latest;
    int64_t begun_ms; /* clock_ms() at the start of this try */
    /* file */
    char *path;
    struct stat before; /* st_nlink 0: it did not exist */
    int notify_fd;
    bool watching;
    /* tcp, http */
    struct sockaddr_storage address[2]; /* "localhost" has two */
    unsigned address_count, tries;
    struct listeners before_listeners;
    int fd; /* of this try; -1 */
    bool connected;
    char *question;
    size_t asked;
    char answer[ANSWER_BYTES];
    size_t answered;
    /* command */
    struct command_request command; /* of a command */
    struct child child;
    bool late; /* it was killed because it took too long */
};

static void probe_try_now(void *arg);

/* ---- the end of one try ---- */

static void end_try(struct probe *p)
{
    loop_timer_cancel(p->g->loop, &p->timer);
    if (p->fd >= 0) {
        loop_unwatch(p->g->loop, p->fd);
        close(take_fd(&p->fd));
    }
}

static void probe_found(void *arg)
{
    struct probe *p = arg;

    p->ready(p->arg);
}

static void succeed(struct probe *p)
{
    end_try(p);
    loop_defer(p->g->loop, &p->found, probe_found, p);
}

PRINTF_LIKE(2, 3) static void miss(struct probe *p, const char *fmt, ...)
{
    struct finding *f;
    va_list ap;

    p->latest = p->address_count ? (p->tries - 1) % p->address_count : 0;
    f = &p->findings[p->latest];
    va_start(ap, fmt);
    vsnprintf(f->text, sizeof(f->text), fmt, ap);
    va_end(ap);
    f->connected = p->connected;
    end_try(p);
    loop_timer_set(p->g->loop, &p->timer, p->pause_ms, probe_try_now, p);
    p->pause_ms = p->kind == PROBE_COMMAND ? p->interval_ms : 2 * p->pause_ms;
    if (p->pause_ms > p->interval_ms)
        p->pause_ms = p->interval_ms;
}

/* ---- file ---- */

static void probe_on_notify(void *arg, uint32_t events UNUSED)
{
    struct probe *p = arg;
    char chunk[4096];

    while (read(p->notify_fd, chunk, sizeof(chunk)) > 0)
        ;
    probe_try_now(p);
}

/* Watches the file's directory, once it exists. */
static void watch_directory(struct probe *p)
{
    char *slash = strrchr(p->path, '/');
    scoped_free char *directory = NULL;

    if (p->watching || p->notify_fd < 0)
        return;
    directory = strndup(p->path, slash == p->path ? 1 : (size_t)(slash - p->path));
    p->watching = directory && inotify_add_watch(p->notify_fd, directory,
                                                 IN_CREATE | IN_MOVED_TO | IN_ATTRIB |
                                                     IN_CLOSE_WRITE | IN_ONLYDIR) >= 0;
}

static bool is_as_before(const struct probe *p, const struct stat *st)
{
    const struct stat *b = &p->before;

    return b->st_nlink && b->st_dev == st->st_dev && b->st_ino == st->st_ino &&
           b->st_ctim.tv_sec == st->st_ctim.tv_sec && b->st_ctim.tv_nsec == st->st_ctim.tv_nsec;
}

static void probe_try_file(struct probe *p)
{
    struct stat st;

    watch_directory(p);
    if (stat(p->path, &st) != 0)
        miss(p, "%.150s: %s", p->path, strerror(errno));
    else if (is_as_before(p, &st))
        miss(p, "%.100s was there before the service was started, and has not been touched since",
             p->path);
    else
        succeed(p);
}

/* ---- tcp and http ---- */

static const char *shown_address(const struct sockaddr_storage *a, char *ret, size_t n)
{
    char host[INET6_ADDRSTRLEN] = "";

    if (a->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)a;
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        snprintf(ret, n, "%s:%u", host, ntohs(in->sin_port));
    } else {
        const struct sockaddr_in6 *in = (const void *)a;
        inet_ntop(AF_INET6, &in->sin6_addr, host, sizeof(host));
        snprintf(ret, n, "[%s]:%u", host, ntohs(in->sin6_port));
    }
    return ret;
}

static uint16_t port_of(const struct probe *p)
{
    const struct sockaddr_in *v4 = (const void *)&p->address[0];
    const struct sockaddr_in6 *v6 = (const void *)&p->address[0];

    return ntohs(p->address[0].ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
}

/* Something answers: the service, unless all listeners were there before it was started. */
static void answered(struct probe *p)
{
    struct listeners now;

    listeners_of(port_of(p), &now);
    if (listeners_are_old(&now, &p->before_listeners))
        miss(p, "port %u: its listener was there before the service was started", port_of(p));
    else
        succeed(p);
}

/* "HTTP/1.1 204 …": the status, once the line is there; 0: not yet, -1: not HTTP. */
static int http_status(const char *text, size_t n)
{
    static const char pattern[] = "HTTP/d.d ddd";

    for (size_t i = 0; i < n && i < sizeof(pattern) - 1; i++)
        if (pattern[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != pattern[i])
            return -1;
    if (n < sizeof(pattern) - 1)
        return 0;
    return (text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0');
}

static void take_answer(struct probe *p)
{
    char *to = p->answer + p->answered;
    ssize_t n = read(p->fd, to, sizeof(p->answer) - p->answered);
    int status;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        miss(p, "the server closed without an answer%s%s", n < 0 ? ": " : "",
             n < 0 ? strerror(errno) : "");
        return;
    }
    p->answered += (size_t)n;
    status = http_status(p->answer, p->answered);
    if (status < 0)
        miss(p, "the answer is not HTTP");
    else if (status >= 200 && status < 400)
        answered(p);
    else if (status)
        miss(p, "HTTP status %d", status);
}

static void ask(struct probe *p)
{
    size_t n = strlen(p->question);

    while (p->asked < n) {
        ssize_t sent = send(p->fd, p->question + p->asked, n - p->asked, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return;
        if (sent < 0) {
            miss(p, "send a request: %s", strerror(errno));
            return;
        }
        p->asked += (size_t)sent;
    }
    loop_rewatch(p->g->loop, p->fd, EPOLLIN);
}

static void probe_on_socket(void *arg, uint32_t events)
{
    struct probe *p = arg;
    char shown[80];
    int error = 0;
    socklen_t n = sizeof(error);

    if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
        error = errno;
    if (error && !p->asked) {
        miss(p, "%s: %s",
             shown_address(&p->address[(p->tries - 1) % p->address_count], shown, sizeof(shown)),
             strerror(error));
        return;
    }
    p->connected = true;
    if (p->kind == PROBE_TCP)
        answered(p);
    else if (events & EPOLLOUT)
        ask(p);
    else
        take_answer(p);
}

static void probe_try_socket(struct probe *p)
{
    const struct sockaddr_storage *a = &p->address[p->tries++ % p->address_count];
    socklen_t n =
        a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    char shown[80];

    p->asked = p->answered = 0;
    p->connected = false;
    p->fd = socket(a->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0 || (connect(p->fd, (const void *)a, n) != 0 && errno != EINPROGRESS)) {
        int error = errno;
        miss(p, "%s: %s", shown_address(a, shown, sizeof(shown)), strerror(error));
        return;
    }
    if (!loop_watch(p->g->loop, p->fd, EPOLLOUT, probe_on_socket, p, NULL))
        miss(p, "out of memory");
}

/* ---- command ---- */

static bool start_command(struct probe *p, struct pyro_error *err)
{
    scoped_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct command c;
    bool ok;

    if (null < 0)
        return pyro_fail_errno(err, "/dev/null");
    if (!command_parse(&c, p->g, &p->command, err))
        return false;
    p->late = false;
    ok = child_start(&p->child, p->g, &c, (int[]){ null, null, null }, err) == SPAWN_OK;
    command_release(&c);
    return ok;
}

static void probe_try_command(struct probe *p)
{
    struct pyro_error err = { 0 };

    if (!start_command(p, &err))
        miss(p, "%.190s", err.message);
}

static void probe_child_ended(void *arg)
{
    struct probe *p = arg;
    int status = p->child.status;

    child_release(&p->child);
    if (p->late)
        miss(p, "the command had not ended after %d s", TRY_MS / 1000);
    else if (WIFSIGNALED(status))
        miss(p, "the command was ended by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status))
        miss(p, "the command exited with status %d", WEXITSTATUS(status));
    else
        succeed(p);
}

/* ---- all kinds ---- */

static void probe_on_late(void *arg)
{
    struct probe *p = arg;

    if (p->kind == PROBE_COMMAND) {
        /* Its end counts as the end of this try. */
        p->late = true;
        child_kill(&p->child);
        return;
    }
    miss(p, "no answer within %d s", TRY_MS / 1000);
}

static void probe_try_now(void *arg)
{
    static void (*const tries[])(struct probe *p) = { probe_try_file, probe_try_socket,
                                                      probe_try_socket, probe_try_command };
    struct probe *p = arg;

    if (p->found.queued)
        return;
    p->begun_ms = clock_ms();
    loop_timer_set(p->g->loop, &p->timer, TRY_MS, probe_on_late, p);
    tries[p->kind](p);
}

static bool set_addresses(struct probe *p, const char *host, int64_t port, struct pyro_error *err)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
    bool local = strcmp(host, "localhost") == 0;

    if (inet_pton(AF_INET, local ? "127.0.0.1" : host, &v4.sin_addr) == 1)
        memcpy(&p->address[p->address_count++], &v4, sizeof(v4));
    if (inet_pton(AF_INET6, local ? "::1" : host, &v6.sin6_addr) == 1)
        memcpy(&p->address[p->address_count++], &v6, sizeof(v6));
    return p->address_count ||
           pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.64s' is not an address", host);
}

static bool parse_socket(struct probe *p, const json_t *readiness, struct pyro_error *err)
{
    const char *host, *path;
    int64_t port;

    if (!json_get_string(readiness, "host", &host, err) ||
        !json_get_int(readiness, "port", 1, 65535, &port, err) ||
        !set_addresses(p, host, port, err))
        return false;
    if (p->kind == PROBE_TCP)
        return true;
    if (!json_get_string(readiness, "path", &path, err))
        return false;
    if (asprintf(&p->question,
                 "GET %s HTTP/1.1\r\nHost: %s%s%s:%d\r\nUser-Agent: pyro\r\nAccept: */*\r\n"
                 "Connection: close\r\n\r\n",
                 path, strchr(host, ':') ? "[" : "", host, strchr(host, ':') ? "]" : "",
                 (int)port) < 0) {
        p->question = NULL;
        return pyro_no_memory(err, "readiness");
    }
    return true;
}

static bool parse_file(struct probe *p, const struct command_request *request,
                       struct pyro_error *err)
{
    scoped_free char *cwd = name_given(request->cwd, err);
    scoped_free char *path = NULL, *whole = NULL;
    const char *text;

    if (!cwd || !json_get_string(request->readiness, "path", &text, err) ||
        !(path = name_given(text, err)))
        return false;
    if (asprintf(&whole, "%s%s%s", *path == '/' ? "" : cwd, *path == '/' ? "" : "/", path) < 0)
        whole = NULL;
    p->path = whole ? command_path(p->g, whole) : NULL;
    p->notify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (p->notify_fd >= 0 &&
        !loop_watch(p->g->loop, p->notify_fd, EPOLLIN, probe_on_notify, p, NULL))
        close(take_fd(&p->notify_fd)); /* then at the interval */
    return p->path || pyro_no_memory(err, "readiness");
}

static bool parse_command(struct probe *p, const struct command_request *request,
                          struct pyro_error *err)
{
    const char *line;

    if (!json_get_string(request->readiness, "command", &line, err))
        return false;
    p->command = (struct command_request){ .command = json_pack("[s, s, s]", "sh", "-c", line),
                                           .cwd = strdup(request->cwd),
                                           .env = json_incref(request->env) };
    return (p->command.command && p->command.cwd) || pyro_no_memory(err, "readiness");
}

static bool parse(struct probe *p, const struct command_request *request, struct pyro_error *err)
{
    static const char *const kinds[] = { "file", "tcp", "http", "command" };
    const json_t *readiness = request->readiness;
    unsigned kind = 0;
    const char *type;

    if (!json_get_string(readiness, "type", &type, err) ||
        !json_get_int(readiness, "interval_ms", 1, INTERVAL_MAX_MS, &p->interval_ms, err))
        return false;
    while (kind < ARRAY_SIZE(kinds) && strcmp(kinds[kind], type) != 0)
        kind++;
    if (kind == ARRAY_SIZE(kinds))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.64s' is not a kind of readiness", type);
    p->kind = (enum kind)kind;
    p->pause_ms = p->kind == PROBE_COMMAND || p->interval_ms < FIRST_PAUSE_MS ? p->interval_ms
                                                                              : FIRST_PAUSE_MS;
    if (p->kind == PROBE_FILE)
        return parse_file(p, request, err);
    return p->kind == PROBE_COMMAND ? parse_command(p, request, err)
                                    : parse_socket(p, readiness, err);
}

struct probe *probe_new(struct guest *g, const struct command_request *request,
                        void (*ready)(void *arg), void *arg, struct pyro_error *err)
{
    struct probe *p = calloc(1, sizeof(*p));

    if (!p)
        return pyro_no_memory(err, "readiness");
    *p = (struct probe){ .g = g,
                         .ready = ready,
                         .arg = arg,
                         .notify_fd = -1,
                         .fd = -1,
                         .child = { .on_end = probe_child_ended, .arg = p } };
    if (!parse(p, request, err)) {
        probe_free(p);
        return NULL;
    }
    if (p->kind == PROBE_FILE && stat(p->path, &p->before) != 0)
        p->before.st_nlink = 0;
    if (p->kind == PROBE_TCP || p->kind == PROBE_HTTP)
        listeners_of(port_of(p), &p->before_listeners);
    return p;
}

void probe_begin(struct probe *p)
{
    probe_try_now(p);
}

void probe_free(struct probe *p)
{
    if (!p)
        return;
    end_try(p);
    loop_defer_cancel(p->g->loop, &p->found);
    child_release(&p->child);
    if (p->notify_fd >= 0) {
        loop_unwatch(p->g->loop, p->notify_fd);
        close(p->notify_fd);
    }
    free(p->path);
    free(p->question);
    command_request_release(&p->command);
    free(p);
}

void probe_error(const struct probe *p, char *ret, size_t n)
{
    const struct finding *f = &p->findings[p->latest], *other = &p->findings[!p->latest];
    bool under_way = p->fd >= 0 || child_runs(&p->child);
    int64_t ms = clock_ms() - p->begun_ms;

    if (!f->connected && other->connected)
        f = other;
    if (under_way && (!*f->text || ms >= LONG_TRY_MS))
        snprintf(ret, n, "%s after %lld.%lld s",
                 child_runs(&p->child) ? "the command had not ended" : "no answer",
                 (long long)ms / 1000, (long long)ms % 1000 / 100);
    else
        snprintf(ret, n, "%s", *f->text ? f->text : "not tried yet");
}
