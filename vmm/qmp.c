/*
 * vmm/qmp.c: the client of QEMU's machine protocol.
 *
 * One message is one line of JSON. Answers carry the id of their command; an answer to an older
 * command (one that ran into its deadline) is dropped, and so is what a predecessor on this socket had
 * asked and did not live to hear, until QEMU has answered the first of ours. Any other answer that nobody
 * asked for is a breach.
 * Events are queued and reported from a deferred call, so that a callback never runs inside
 * qmp_command().
 */
#include "vmm/qmp.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "vmm/base/fs.h"
#include "vmm/base/sock.h"

#define READ_CHUNK 16384
#define EVENTS_MAX 64

struct qmp {
    int fd;
    struct buf in;
    size_t scanned; /* bytes of `in` known to hold no newline */
    json_int_t last_id;
    json_t *events; /* array, oldest first */
    bool negotiated;
    bool lost;
    struct pyro_error why;
    struct loop *loop; /* NULL: nobody watches */
    struct loop_deferred call;
    qmp_event_fn *on_event;
    qmp_lost_fn *on_lost;
    void *arg;
};

static void qmp_deliver(void *arg);

/* Notes the loss; the watcher is told from the loop. Returns false. */
static bool lose(struct qmp *qmp, const struct pyro_error *why)
{
    if (qmp->lost)
        return false;
    qmp->lost = true;
    qmp->why = *why;
    if (qmp->loop) {
        loop_unwatch(qmp->loop, qmp->fd);
        loop_defer(qmp->loop, &qmp->call, qmp_deliver, qmp);
    }
    return false;
}

static bool lose_breach(struct qmp *qmp, const char *what)
{
    struct pyro_error why = { 0 };

    pyro_fail(&why, PYRO_VM_FAILED, "QMP: %s", what);
    return lose(qmp, &why);
}

/* Reads available bytes, at most one chunk. False when the connection is lost. */
static bool fill(struct qmp *qmp)
{
    char chunk[READ_CHUNK];
    ssize_t n = recv(qmp->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

    if (n > 0)
        return buf_append(&qmp->in, chunk, (size_t)n) || lose_breach(qmp, "a message is too long");
    if (n == 0)
        return lose_breach(qmp, "QEMU closed the connection");
    if (errno == EAGAIN || errno == EINTR)
        return true;
    return lose_breach(qmp, "the connection broke");
}

/* The next whole message, the caller's; NULL when there is none yet or the connection is lost. */
static json_t *next_message(struct qmp *qmp)
{
    struct pyro_error why = { 0 };
    const char *newline;
    size_t length;
    json_t *message;

    if (qmp->lost || qmp->scanned >= qmp->in.len)
        return NULL;
    newline = memchr(qmp->in.data + qmp->scanned, '\n', qmp->in.len - qmp->scanned);
    if (!newline) {
        qmp->scanned = qmp->in.len;
        return NULL;
    }
    length = (size_t)(newline - qmp->in.data);
    message = json_parse(qmp->in.data, length, QMP_LINE_MAX, &why);
    buf_consume(&qmp->in, length + 1);
    qmp->scanned = 0;
    if (!message) {
        pyro_wrap(&why, "QMP");
        why.code = PYRO_VM_FAILED;
        lose(qmp, &why);
    } else if (!json_is_object(message)) {
        json_decref(message);
        message = NULL;
        lose_breach(qmp, "a message is not an object");
    }
    return message;
}

static void queue_event(struct qmp *qmp, json_t *message)
{
    if (json_array_size(qmp->events) >= EVENTS_MAX)
        json_array_remove(qmp->events, 0);
    json_array_append(qmp->events, message);
    if (qmp->loop)
        loop_defer(qmp->loop, &qmp->call, qmp_deliver, qmp);
}

/* Takes the message (stolen) if it is an event; any other is a breach while no command is open. */
static bool take_event(struct qmp *qmp, json_t *message)
{
    bool is_event = json_is_string(json_object_get(message, "event"));

    if (is_event)
        queue_event(qmp, message);
    json_decref(message);
    return is_event;
}

static bool wait_readable(struct qmp *qmp, int64_t deadline_ms, const char *what,
                          struct pyro_error *err)
{
    struct pollfd p = { .fd = qmp->fd, .events = POLLIN };
    int64_t left = deadline_ms - clock_ms();

    if (left <= 0)
        return pyro_fail(err, PYRO_TIMEOUT, "QEMU did not answer %s in time", what);
    if (poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left) > 0)
        fill(qmp);
    return true;
}

static bool fail_lost(const struct qmp *qmp, struct pyro_error *err)
{
    return pyro_copy(err, &qmp->why);
}

static bool send_all(struct qmp *qmp, const char *text, size_t n, int64_t deadline_ms,
                     struct pyro_error *err)
{
    struct pollfd p = { .fd = qmp->fd, .events = POLLOUT };

    while (n) {
        ssize_t sent = send(qmp->fd, text, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        int64_t left = deadline_ms - clock_ms();
        if (sent > 0) {
            text += sent;
            n -= (size_t)sent;
        } else if (errno == EAGAIN && left > 0) {
            poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
        } else if (errno == EAGAIN) {
            lose_breach(qmp, "QEMU takes no commands");
            return pyro_fail(err, PYRO_TIMEOUT, "QEMU takes no commands");
        } else if (errno != EINTR) {
            lose_breach(qmp, "the connection broke");
            return fail_lost(qmp, err);
        }
    }
    return true;
}

/* The command's text, one line; the caller frees. Steals arguments. */
static char *command_text(struct qmp *qmp, const char *command, json_t *arguments)
{
    scoped_json json_t *request = json_object();
    char *text;

    json_object_set_new(request, "execute", json_string(command));
    json_object_set_new(request, "id", json_integer(++qmp->last_id));
    if (arguments)
        json_object_set_new(request, "arguments", arguments);
    text = request ? json_compact(request) : NULL;
    return text;
}

/* Whether the message answers the newest command; an older one's answer is dropped silently. */
static bool is_answer(struct qmp *qmp, const json_t *message, bool *ret_stale)
{
    json_int_t id = json_integer_value(json_object_get(message, "id"));
    bool shaped = json_object_get(message, "return") || json_object_get(message, "error");

    *ret_stale = shaped && id > 0 && (id < qmp->last_id || !qmp->negotiated);
    return shaped && id == qmp->last_id;
}

static bool take_answer(const json_t *message, const char *command, json_t **ret_result,
                        struct pyro_error *err)
{
    const json_t *error = json_object_get(message, "error");

    if (error)
        return pyro_fail(err, PYRO_VM_FAILED, "QEMU refused %s: %.300s", command,
                         json_string_or(error, "desc", "no reason given"));
    if (ret_result)
        *ret_result = json_incref(json_object_get(message, "return"));
    return true;
}

/* Deals with bytes read beyond the expected answer: the socket no longer signals them. */
static void sort_rest(struct qmp *qmp)
{
    json_t *message;
    bool stale;

    while ((message = next_message(qmp))) {
        if (is_answer(qmp, message, &stale) || stale)
            json_decref(message);
        else if (!take_event(qmp, message))
            lose_breach(qmp, "an answer nobody asked for");
    }
}

static bool wait_answer(struct qmp *qmp, const char *command, int64_t deadline_ms,
                        json_t **ret_result, struct pyro_error *err)
{
    for (;;) {
        json_t *message = next_message(qmp);
        bool stale;
        if (!message && qmp->lost)
            return fail_lost(qmp, err);
        if (!message) {
            if (!wait_readable(qmp, deadline_ms, command, err))
                return false;
        } else if (is_answer(qmp, message, &stale)) {
            bool ok = take_answer(message, command, ret_result, err);
            json_decref(message);
            sort_rest(qmp);
            return ok;
        } else if (stale) {
            json_decref(message);
        } else if (!take_event(qmp, message)) {
            lose_breach(qmp, "an answer nobody asked for");
        }
    }
}

bool qmp_command(struct qmp *qmp, const char *command, json_t *arguments, int64_t deadline_ms,
                 json_t **ret_result, struct pyro_error *err)
{
    scoped_free char *text = command_text(qmp, command, arguments);

    if (!text)
        return pyro_fail(err, PYRO_NO_MEMORY, "QMP %s: out of memory", command);
    if (qmp->lost)
        return fail_lost(qmp, err);
    return send_all(qmp, text, strlen(text), deadline_ms, err) &&
           wait_answer(qmp, command, deadline_ms, ret_result, err);
}

/* A command with a descriptor attached. */
static bool command_with_fd(struct qmp *qmp, const char *command, json_t *arguments, int fd,
                            int64_t deadline_ms, struct pyro_error *err)
{
    scoped_free char *text = command_text(qmp, command, arguments);

    if (!text)
        return pyro_fail(err, PYRO_NO_MEMORY, "QMP %s: out of memory", command);
    if (qmp->lost)
        return fail_lost(qmp, err);
    return sock_send_fd(qmp->fd, text, strlen(text), fd, err) &&
           wait_answer(qmp, command, deadline_ms, NULL, err);
}

bool qmp_pass_fd(struct qmp *qmp, const char *name, int fd, int64_t deadline_ms,
                 struct pyro_error *err)
{
    return command_with_fd(qmp, "getfd", json_pack("{s:s}", "fdname", name), fd, deadline_ms, err);
}

bool qmp_add_fd(struct qmp *qmp, unsigned set, int fd, const char *opaque, int64_t deadline_ms,
                struct pyro_error *err)
{
    json_t *arguments = json_pack("{s:I, s:s}", "fdset-id", (json_int_t)set, "opaque", opaque);

    return command_with_fd(qmp, "add-fd", arguments, fd, deadline_ms, err);
}

/* Takes the oldest queued event of this name. */
static bool find_event(struct qmp *qmp, const char *event, json_t **ret_data)
{
    for (size_t i = 0; i < json_array_size(qmp->events); i++) {
        json_t *message = json_array_get(qmp->events, i);
        if (strcmp(json_string_or(message, "event", ""), event) != 0)
            continue;
        if (ret_data)
            *ret_data = json_incref(json_object_get(message, "data"));
        json_array_remove(qmp->events, i);
        return true;
    }
    return false;
}

bool qmp_wait_event(struct qmp *qmp, const char *event, int64_t deadline_ms, json_t **ret_data,
                    struct pyro_error *err)
{
    while (!find_event(qmp, event, ret_data)) {
        json_t *message = next_message(qmp);
        bool stale = false;
        if (!message && qmp->lost)
            return fail_lost(qmp, err);
        if (!message) {
            if (!wait_readable(qmp, deadline_ms, event, err))
                return false;
        } else if (is_answer(qmp, message, &stale) || stale) {
            json_decref(message);
        } else if (!take_event(qmp, message)) {
            lose_breach(qmp, "an answer nobody asked for");
        }
    }
    return true;
}

/* Reads the greeting and leaves negotiation mode. */
static bool negotiate(struct qmp *qmp, int64_t deadline_ms, struct pyro_error *err)
{
    json_t *greeting;
    bool greeted;

    while (!(greeting = next_message(qmp))) {
        if (qmp->lost)
            return fail_lost(qmp, err);
        if (!wait_readable(qmp, deadline_ms, "on its QMP socket", err))
            return false;
    }
    greeted = json_is_object(json_object_get(greeting, "QMP"));
    json_decref(greeting);
    if (!greeted)
        return pyro_fail(err, PYRO_VM_FAILED, "QMP: no greeting");
    qmp->negotiated = qmp_command(qmp, "qmp_capabilities", NULL, deadline_ms, NULL, err);
    return qmp->negotiated;
}

struct qmp *qmp_open(int fd, int64_t deadline_ms, struct pyro_error *err)
{
    struct qmp *qmp = calloc(1, sizeof(*qmp));

    if (!qmp) {
        close(fd);
        return pyro_no_memory(err, "QMP");
    }
    qmp->fd = fd;
    buf_init(&qmp->in, QMP_LINE_MAX);
    qmp->events = json_array();
    if (!negotiate(qmp, deadline_ms, err)) {
        qmp_free(qmp);
        return NULL;
    }
    return qmp;
}

struct qmp *qmp_connect(int dirfd, const char *name, int64_t deadline_ms, struct pyro_error *err)
{
    int fd = sock_connect_at(dirfd, name, err);

    return fd >= 0 ? qmp_open(fd, deadline_ms, err) : NULL;
}

void qmp_free(struct qmp *qmp)
{
    if (!qmp)
        return;
    if (qmp->loop) {
        loop_unwatch(qmp->loop, qmp->fd);
        loop_defer_cancel(qmp->loop, &qmp->call);
    }
    close(qmp->fd);
    buf_release(&qmp->in);
    json_decref(qmp->events);
    free(qmp);
}

/* Reports what is queued; the loss comes last and may free qmp. */
static void qmp_deliver(void *arg)
{
    struct qmp *qmp = arg;

    while (json_array_size(qmp->events)) {
        scoped_json json_t *message = json_incref(json_array_get(qmp->events, 0));
        json_array_remove(qmp->events, 0);
        if (qmp->on_event)
            qmp->on_event(qmp->arg, json_string_or(message, "event", ""),
                          json_object_get(message, "data"));
    }
    if (qmp->lost && qmp->on_lost) {
        qmp_lost_fn *on_lost = qmp->on_lost;
        struct pyro_error why = qmp->why;
        qmp->on_lost = NULL;
        on_lost(qmp->arg, &why);
    }
}

static void qmp_on_readable(void *arg, uint32_t epoll_events UNUSED)
{
    fill(arg);
    sort_rest(arg);
}

bool qmp_watch(struct qmp *qmp, struct loop *loop, qmp_event_fn *on_event, qmp_lost_fn *on_lost,
               void *arg, struct pyro_error *err)
{
    if (!loop_watch(loop, qmp->fd, EPOLLIN, qmp_on_readable, qmp, err))
        return false;
    qmp->loop = loop;
    qmp->on_event = on_event;
    qmp->on_lost = on_lost;
    qmp->arg = arg;
    if (qmp->lost)
        loop_unwatch(loop, qmp->fd);
    if (qmp->lost || json_array_size(qmp->events))
        loop_defer(loop, &qmp->call, qmp_deliver, qmp);
    return true;
}
