/* engine/tree/session.c: blocking calls over a stream. */
#include "engine/tree/session.h"

#include <string.h>

#include "engine/client/connect.h"
#include "vmm/base/fs.h"

#define LINE_MAX_BYTES 65536
#define GOODBYE_MS 1000

static void tree_session_on_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes,
                                 size_t n)
{
    struct tree_session *t = s->arg;

    if (channel == WIRE_STDOUT) {
        if (!buf_append(&t->out, bytes, n)) /* cannot happen: the credit is less */
            pyro_fail(&t->why, PYRO_GUEST_PROTOCOL, "more arrived than was requested");
        return;
    }
    if (channel == WIRE_STDERR && !buf_append(&t->errors, bytes, n))
        buf_clear(&t->errors);
    stream_consumed(s, n);
}

static void tree_session_on_end(struct stream *s, enum wire_channel channel)
{
    struct tree_session *t = s->arg;

    if (channel == WIRE_STDOUT)
        t->out_ended = true;
}

static void tree_session_on_closed(struct stream *s, const json_t *result,
                                   const struct pyro_error *why)
{
    struct tree_session *t = s->arg;

    t->closed = true;
    if (!result && why->code == PYRO_TIMEOUT)
        t->why = *why;
    else if (!result)
        pyro_fail(&t->why, PYRO_GUEST_LOST, "the supervisor was lost: %s", why->message);
    else if (error_from_result(result, &t->why))
        t->result = json_deep_copy(result);
}

static void tree_session_on_signal(void *arg, const struct signalfd_siginfo *info UNUSED)
{
    struct tree_session *t = arg;

    t->interrupted = true;
}

static bool watch_signals(struct tree_session *t, struct pyro_error *err)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, NULL, &t->before);
    return loop_signals(t->loop, &signals, tree_session_on_signal, t, err);
}

bool tree_session_open(struct tree_session *t, const struct workspace_handle *w,
                       const json_t *request, struct pyro_error *err)
{
    static const struct stream_ops ops = { .data = tree_session_on_data,
                                           .end = tree_session_on_end,
                                           .closed = tree_session_on_closed };

    *t = (struct tree_session){ .out = BUF_INIT(2 * WIRE_CREDIT),
                                .errors = BUF_INIT(LINE_MAX_BYTES) };
    t->link = supervisor_link(w, MACHINE_AWAKE, NULL, NULL, err);
    if (!t->link)
        return false;
    t->loop = link_loop(t->link);
    if (watch_signals(t, err) && stream_open(t->link, &t->stream, request, &ops, t, err)) {
        stream_expect(&t->stream, STREAM_SILENCE_MS);
        return true;
    }
    tree_session_release(t);
    return false;
}

void tree_session_release(struct tree_session *t)
{
    if (!t->loop)
        return;
    stream_close(&t->stream, NULL);
    link_flush(t->link, clock_ms() + GOODBYE_MS);
    supervisor_unlink(t->link);
    sigprocmask(SIG_SETMASK, &t->before, NULL);
    buf_release(&t->out);
    buf_release(&t->errors);
    json_decref(t->result);
    *t = (struct tree_session){ 0 };
}

/* One pass of the loop; false when the session is over, with the reason. */
static bool turn(struct tree_session *t, int timeout_ms, struct pyro_error *err)
{
    loop_run_once(t->loop, timeout_ms);
    if (t->interrupted)
        return pyro_fail(err, PYRO_INTERRUPTED, "interrupted");
    if (t->why.code)
        return pyro_copy(err, &t->why);
    return true;
}

/* The other side's own message, if it failed. */
static bool take_error(const struct tree_session *t, struct pyro_error *err)
{
    scoped_json json_t *said =
        json_parse(t->errors.data ? t->errors.data : "", t->errors.len, LINE_MAX_BYTES, NULL);
    int64_t code;

    if (!json_get_int(t->result, "exit_code", 0, 255, &code, err)) {
        pyro_recode(err, PYRO_GUEST_PROTOCOL);
        return pyro_wrap(err, "the guest");
    }
    if (code == 0)
        return true;
    if (said && !error_from_guest(said, err))
        return false;
    return pyro_fail(err, PYRO_GUEST_ERROR, "it ended in the guest with status %d and no message",
                     (int)code);
}

/* Whether the closed stream ended well; else why not. */
static bool ended_well(const struct tree_session *t, struct pyro_error *err)
{
    if (!t->why.code)
        return take_error(t, err);
    return pyro_copy(err, &t->why);
}

ssize_t tree_session_read(void *session, void *bytes, size_t n, struct pyro_error *err)
{
    struct tree_session *t = session;

    while (!t->out.len) {
        if (t->closed)
            return ended_well(t, err) ? 0 : -1;
        if (!turn(t, -1, err))
            return -1;
    }
    if (n > t->out.len)
        n = t->out.len;
    memcpy(bytes, t->out.data, n);
    buf_consume(&t->out, n);
    stream_consumed(&t->stream, n);
    return (ssize_t)n;
}

/* The end of the first line received; NULL with the reason when none comes. */
static const char *await_line(struct tree_session *t, struct pyro_error *err)
{
    const char *newline;

    while (!t->out.len || !(newline = memchr(t->out.data, '\n', t->out.len))) {
        if (t->out.len > LINE_MAX_BYTES || (t->closed && ended_well(t, err)))
            return pyro_fail(err, PYRO_GUEST_PROTOCOL, "the guest's answer was not understood");
        if (t->closed || !turn(t, -1, err))
            return NULL;
    }
    return newline;
}

json_t *tree_session_line(struct tree_session *t, struct pyro_error *err)
{
    const char *newline = await_line(t, err);
    size_t n = newline ? (size_t)(newline - t->out.data) : 0;
    json_t *line;

    if (!newline)
        return NULL;
    line = json_parse(t->out.data, n, LINE_MAX_BYTES, err);
    if (!line) {
        pyro_recode(err, PYRO_GUEST_PROTOCOL);
        return pyro_wrap(err, "the guest");
    }
    buf_consume(&t->out, n + 1);
    stream_consumed(&t->stream, n + 1);
    return line;
}

bool tree_line_number(const json_t *line, const char *name, uint64_t *ret, struct pyro_error *err)
{
    int64_t n;

    if (!json_get_int(line, name, 0, INT64_MAX, &n, err)) {
        pyro_recode(err, PYRO_GUEST_PROTOCOL);
        return pyro_wrap(err, "the guest");
    }
    *ret = (uint64_t)n;
    return true;
}

bool tree_session_write(void *session, const void *bytes, size_t n, struct pyro_error *err)
{
    struct tree_session *t = session;
    const char *at = bytes;
    int timeout_ms = 0;

    for (;;) {
        size_t sent;
        if (!turn(t, timeout_ms, err))
            return false;
        if (t->closed) {
            return ended_well(t, err) &&
                   pyro_fail(err, PYRO_GUEST_PROTOCOL, "the guest ended before all was sent");
        }
        sent = stream_send(&t->stream, WIRE_STDIN, at, n);
        at += sent;
        n -= sent;
        if (!n)
            return true;
        timeout_ms = -1;
    }
}

void tree_session_end(struct tree_session *t)
{
    stream_end(&t->stream, WIRE_STDIN);
}

bool tree_session_finish(struct tree_session *t, struct pyro_error *err)
{
    while (!t->closed)
        if (!turn(t, -1, err))
            return false;
    return ended_well(t, err);
}
