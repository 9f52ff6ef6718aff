/*
 * engine/workspace/exec.c: the client's side of a command: this process's standard streams and
 * signals on one end, the supervisor on the other.
 *
 * Standard descriptors may be shared with other processes, so they stay blocking: input is read
 * when poll says so, output written in pieces of at most PIPE_BUF when poll says so (pipe(7): such
 * a write then does not block). A regular file is always ready, and epoll refuses it: it is read
 * and written directly.
 */
#include "engine/workspace/exec.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/state/commands.h"
#include "engine/workspace/command.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/fs.h"

#define STDIN_CHUNK 65536
#define KILL_AT_INTERRUPT 3
#define LEAVE_AT_SIGNAL 5 /* a guest that does not heed even KILL is left alone */

/* One output on its way to a descriptor. */
struct sink {
    int fd;
    bool direct; /* a regular file: written at once */
    bool watched;
    struct buf pending;
    struct session *session;
    struct capture capture;
};

struct session {
    struct loop *loop;
    struct stream stream;
    struct sink out, errors;
    int stdin_fd;
    bool stdin_direct, stdin_watched, stdin_ended;
    struct loop_deferred stdin_call;
    unsigned interrupts, signals;
    int64_t sequence, began_ms;
    json_t *result; /* the supervisor's */
    bool closed;
    const char *stop_signal;
    const struct progress *progress;
    void (*log)(void *arg, const void *bytes, size_t n);
    void *log_arg;
    struct pyro_error *err;
    bool failed;
    bool stdin_taken;      /* something of it was read */
    struct pyro_error why; /* set when the link ended without a result */
};

static void fail(struct session *x, const struct pyro_error *why)
{
    if (!x->failed)
        *x->err = *why;
    x->failed = true;
    stream_close(&x->stream, NULL);
    loop_stop(x->loop);
}

/* ---- output ---- */

static void workspace_exec_on_sink(void *arg, uint32_t events);

static void finish_if_drained(struct session *x)
{
    if (x->closed && !x->out.pending.len && !x->errors.pending.len)
        loop_stop(x->loop);
}

static bool sink_write(struct sink *k, const void *bytes, size_t n)
{
    struct pyro_error err = { 0 };

    if (fs_write_all(k->fd, bytes, n, &err))
        return true;
    pyro_wrap(&err, "pass on the command's output");
    fail(k->session, &err);
    return false;
}

static void sink_add(struct sink *k, const uint8_t *bytes, size_t n)
{
    struct session *x = k->session;
    struct pyro_error err = { 0 };

    capture_add(&k->capture, bytes, n);
    if (k->session->log)
        k->session->log(k->session->log_arg, bytes, n);
    if (k->fd < 0 || k->direct) {
        if (k->fd < 0 || sink_write(k, bytes, n))
            stream_consumed(&x->stream, n);
        return;
    }
    if (!buf_append(&k->pending, bytes, n)) {
        pyro_fail(&err, PYRO_GUEST_PROTOCOL, "more output came than was asked for");
        fail(x, &err);
        return;
    }
    if (k->watched)
        return;
    k->watched = loop_watch(x->loop, k->fd, EPOLLOUT, workspace_exec_on_sink, k, &err);
    if (k->watched)
        return;
    if (err.sys_errno != EPERM) {
        fail(x, &err);
        return;
    }
    k->direct = true; /* epoll(7): what is always ready, as /dev/null */
    n = k->pending.len;
    if (sink_write(k, k->pending.data, n))
        stream_consumed(&x->stream, n);
    buf_clear(&k->pending);
}

static void workspace_exec_on_sink(void *arg, uint32_t events UNUSED)
{
    struct sink *k = arg;
    struct session *x = k->session;
    size_t n = k->pending.len < PIPE_BUF ? k->pending.len : PIPE_BUF;

    if (n && !sink_write(k, k->pending.data, n))
        return;
    buf_consume(&k->pending, n);
    stream_consumed(&x->stream, n);
    if (!k->pending.len) {
        k->watched = false;
        loop_unwatch(x->loop, k->fd);
        finish_if_drained(x);
    }
}

static void sink_init(struct sink *k, struct session *x, int fd)
{
    struct stat st;

    *k = (struct sink){ .fd = fd, .session = x, .pending = BUF_INIT(2 * WIRE_CREDIT) };
    k->direct = fd >= 0 && fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode));
    capture_init(&k->capture);
}

static void sink_release(struct sink *k)
{
    buf_release(&k->pending);
    capture_release(&k->capture);
}

/* ---- input ---- */

static void stdin_stop(struct session *x)
{
    if (x->stdin_watched)
        loop_unwatch(x->loop, x->stdin_fd);
    x->stdin_watched = false;
}

static void stdin_end(struct session *x)
{
    stdin_stop(x);
    x->stdin_ended = true;
    stream_end(&x->stream, WIRE_STDIN);
}

static void stdin_resume(struct session *x);

static void workspace_exec_read_stdin(void *arg)
{
    struct session *x = arg;
    char chunk[STDIN_CHUNK];
    size_t room = stream_room(&x->stream);
    ssize_t n;

    if (x->stdin_ended || !x->stream.link)
        return;
    if (!room) {
        stdin_stop(x);
        x->stream.wants_write = true;
        return;
    }
    n = read(x->stdin_fd, chunk, room < sizeof(chunk) ? room : sizeof(chunk));
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        stdin_end(x);
        return;
    }
    x->stdin_taken = true;
    stream_send(&x->stream, WIRE_STDIN, chunk, (size_t)n);
    if (x->stdin_direct)
        loop_defer(x->loop, &x->stdin_call, workspace_exec_read_stdin, x);
}

static void workspace_exec_on_stdin(void *arg, uint32_t events UNUSED)
{
    workspace_exec_read_stdin(arg);
}

static void stdin_resume(struct session *x)
{
    if (x->stdin_ended || x->stdin_watched)
        return;
    if (!x->stdin_direct &&
        loop_watch(x->loop, x->stdin_fd, EPOLLIN, workspace_exec_on_stdin, x, NULL)) {
        x->stdin_watched = true;
        return;
    }
    x->stdin_direct = true; /* epoll(7): EPERM, a regular file */
    loop_defer(x->loop, &x->stdin_call, workspace_exec_read_stdin, x);
}

/* ---- the stream ---- */

static void workspace_exec_on_data(struct stream *s, enum wire_channel channel,
                                   const uint8_t *bytes, size_t n)
{
    struct session *x = s->arg;

    if (channel == WIRE_STDOUT)
        sink_add(&x->out, bytes, n);
    else if (channel == WIRE_STDERR)
        sink_add(&x->errors, bytes, n);
    else
        stream_consumed(s, n);
}

static void workspace_exec_on_message(struct stream *s, const json_t *message)
{
    struct session *x = s->arg;

    const char *note = json_string_or(message, "note", NULL);

    x->sequence = json_int_or(message, "sequence", x->sequence);
    if (note)
        progress_note(x->progress, note);
}

static void workspace_exec_on_writable(struct stream *s)
{
    stdin_resume(s->arg);
}

static void workspace_exec_on_closed(struct stream *s, const json_t *result,
                                     const struct pyro_error *why)
{
    struct session *x = s->arg;
    struct pyro_error err = { 0 };

    stdin_stop(x);
    x->closed = true;
    if (!result) {
        x->why = *why;
        pyro_fail(&err, PYRO_GUEST_LOST, "the supervisor was lost while the command ran: %s",
                  why->message);
        pyro_hint(&err, "see 'pyro workspace status' and run the command again");
        fail(x, &err);
    } else if (!error_from_result(result, &err)) {
        x->why = err;
        fail(x, &err);
    } else {
        x->result = json_deep_copy(result);
        finish_if_drained(x);
    }
}

static void workspace_exec_on_lost(struct link *link UNUSED, const struct pyro_error *why UNUSED)
{
}

static void workspace_exec_on_signal(void *arg, const struct signalfd_siginfo *info)
{
    struct session *x = arg;
    const char *name = info->ssi_signo == SIGINT    ? "INT"
                       : info->ssi_signo == SIGTERM ? x->stop_signal
                       : info->ssi_signo == SIGQUIT ? "QUIT"
                                                    : "HUP";
    scoped_json json_t *message = NULL;
    struct pyro_error err = { 0 };

    if (++x->signals >= LEAVE_AT_SIGNAL) {
        pyro_fail(&err, PYRO_INTERRUPTED, "interrupted; the guest does not answer");
        fail(x, &err);
        return;
    }
    if (info->ssi_signo == SIGINT && ++x->interrupts >= KILL_AT_INTERRUPT)
        name = "KILL";
    message = json_pack("{s:s}", "signal", name);
    stream_message(&x->stream, message);
}

/* How it ended, or that it goes on: the supervisor lets go of one only that may. */
static json_t *make_end(struct session *x)
{
    int64_t code, duration_ms;
    bool timed_out;

    if (!json_object_get(x->result, "exit_code"))
        return json_pack("{s:s, s:n, s:I, s:b, s:I, s:i}", "state", command_states[0], "exit_code",
                         "duration_ms", (json_int_t)(clock_ms() - x->began_ms), "timed_out", 0,
                         "next_cursor",
                         (json_int_t)(x->out.capture.total_bytes + x->errors.capture.total_bytes),
                         "left_behind", 0);
    if (!json_get_int(x->result, "exit_code", 0, 255, &code, x->err) ||
        !json_get_int(x->result, "duration_ms", 0, INT64_MAX, &duration_ms, x->err) ||
        !json_get_bool(x->result, "timed_out", &timed_out, x->err))
        return NULL;
    return json_pack("{s:s, s:I, s:I, s:b, s:n, s:I}", "state", command_states[1], "exit_code",
                     (json_int_t)code, "duration_ms", (json_int_t)duration_ms, "timed_out",
                     timed_out, "next_cursor", "left_behind",
                     (json_int_t)(timed_out ? 0 : json_int_or(x->result, "left_behind", 0)));
}

static json_t *make_result(struct session *x, const char *id,
                           const struct workspace_exec_spec *spec)
{
    const char *cwd = spec->request.cwd ? spec->request.cwd : "/workspace";
    int64_t sequence;
    json_t *j;

    if (!json_get_int(x->result, "sequence", 1, INT64_MAX, &sequence, x->err))
        return NULL;
    j = make_end(x);
    if (!j)
        return NULL;
    json_object_set_new(j, "workspace_id", json_string(id));
    json_object_set_new(j, "sequence", json_integer((json_int_t)sequence));
    json_object_set_new(j, "cwd", json_string(cwd));
    json_object_set(j, "command", spec->request.command);
    json_object_set_new(j, "timeout_seconds",
                        json_integer((json_int_t)((spec->request.timeout_ms + 999) / 1000)));
    capture_to_json(&x->out.capture, "stdout", j);
    capture_to_json(&x->errors.capture, "stderr", j);
    return j;
}

static bool run_session(struct session *x, struct link *link,
                        const struct workspace_exec_spec *spec)
{
    static const struct stream_ops ops = { .data = workspace_exec_on_data,
                                           .message = workspace_exec_on_message,
                                           .writable = workspace_exec_on_writable,
                                           .closed = workspace_exec_on_closed };
    scoped_json json_t *request =
        command_request_pack(exec_request_rows, &spec->request, "exec", NULL);

    if (!stream_open(link, &x->stream, request, &ops, x, x->err))
        return false;
    if (x->stdin_fd < 0)
        stdin_end(x);
    else
        stdin_resume(x);
    loop_run(x->loop);
    return !x->failed && x->result;
}

static bool forward_signals(struct session *x, sigset_t *ret_before)
{
    static const int forwarded[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
    sigset_t signals;

    sigemptyset(&signals);
    for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
        sigaddset(&signals, forwarded[i]);
    sigprocmask(SIG_BLOCK, NULL, ret_before);
    return loop_signals(x->loop, &signals, workspace_exec_on_signal, x, x->err);
}

/* *ret_again: its machine was being suspended when it came. It can be asked for again, which wakes that. */
static json_t *exec_once(const struct workspace_handle *w, const struct workspace_exec_spec *spec,
                         bool *ret_again, struct pyro_error *err)
{
    static const struct link_ops link_ops = { .lost = workspace_exec_on_lost };
    struct session x = { .stdin_fd = spec->stdin_fd,
                         .began_ms = clock_ms(),
                         .stop_signal = spec->stop_signal ? spec->stop_signal : "TERM",
                         .progress = spec->progress,
                         .log = spec->log,
                         .log_arg = spec->log_arg,
                         .err = err };
    struct link *link = supervisor_link(w, MACHINE_AWAKE, &link_ops, &x, err);
    json_t *result = NULL;
    sigset_t before;

    *ret_again = false;
    if (!link)
        return NULL;
    x.loop = link_loop(link);
    sink_init(&x.out, &x, spec->stdout_fd);
    sink_init(&x.errors, &x, spec->stderr_fd);
    if (forward_signals(&x, &before) && run_session(&x, link, spec))
        result = make_result(&x, w->id, spec);
    link_flush(link, clock_ms() + 1000);
    supervisor_unlink(link);
    sigprocmask(SIG_SETMASK, &before, NULL);
    json_decref(x.result);
    sink_release(&x.out);
    sink_release(&x.errors);
    *ret_again = !result && !x.sequence && !x.stdin_taken && supervisor_missed(w, &x.why);
    return result;
}

json_t *workspace_exec_in(const struct workspace_handle *w, const struct workspace_exec_spec *spec,
                          struct pyro_error *err)
{
    struct pyro_error why = { 0 };
    bool again = false;
    json_t *result = exec_once(w, spec, &again, &why);

    if (!result && again) {
        why = (struct pyro_error){ 0 };
        result = exec_once(w, spec, &again, &why);
    }
    if (!result)
        pyro_copy(err, &why);
    return result;
}

json_t *workspace_exec(const char *ref, const struct workspace_exec_spec *spec,
                       struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    const char *mode;
    json_t *result;

    if (!command_request_check(exec_request_rows, &spec->request, err) ||
        !workspace_open(ref, &o, err) || !(mode = workspace_execution_mode(&o, err)))
        return NULL;
    result = workspace_exec_in(&o, spec, err);
    if (result)
        json_object_set_new(result, "execution_mode", json_string(mode));
    return result;
}
