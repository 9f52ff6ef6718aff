/*
 * guest/exec.c: one command from its start to its CLOSE.
 *
 * Life of an exec: started with three pipes in a control group of its own; stdin from the stream is
 * buffered up to the stream's credit, which is given back as the pipe takes it; a pipe is read only
 * while the stream has credit. At the command's end the rest of its group is killed, the pipes are
 * read to their ends, and the result goes out. A stream that closes first (cancelled, or the host
 * is gone) kills the group. The struct is freed when the process is reaped and the stream closed.
 */
#include "guest/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest/child.h"
#include "vmm/base/signals.h"
#include "vmm/base/sock.h"

#define CHUNK_BYTES 65536
#define PASS_BYTES WIRE_CREDIT /* read from one pipe a pass at most */
#define DRAIN_WAIT_MS 2000     /* for the ends of pipes whose holders were all killed */

struct output {
    struct exec *exec;
    enum wire_channel channel;
    int fd; /* -1 at its end */
    bool watched;
};

struct exec {
    struct guest *g;
    struct stream stream;
    struct child child;
    unsigned left_behind; /* processes still there when it ended */
    bool timed_out;
    int64_t started_us, ended_us;
    struct loop_timer timeout, drain_timer;
    struct output out[2];
    int in_fd;
    struct buf in; /* for the command, not yet taken by its pipe */
    bool in_ended, in_watched;
};

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void close_input(struct exec *x)
{
    if (x->in_fd < 0)
        return;
    loop_unwatch(x->g->loop, x->in_fd);
    close(x->in_fd);
    x->in_fd = -1;
    stream_consumed(&x->stream, x->in.len);
    buf_release(&x->in);
}

static void close_output(struct output *o)
{
    if (o->fd < 0)
        return;
    loop_unwatch(o->exec->g->loop, o->fd);
    close(o->fd);
    o->fd = -1;
    stream_end(&o->exec->stream, o->channel);
}

static void exec_free(struct exec *x)
{
    x->g->exec_count--;
    close_input(x);
    close_output(&x->out[0]);
    close_output(&x->out[1]);
    loop_timer_cancel(x->g->loop, &x->timeout);
    loop_timer_cancel(x->g->loop, &x->drain_timer);
    child_release(&x->child);
    free(x);
}

static json_t *result_of(const struct exec *x)
{
    int code = x->timed_out ? 124 : child_exit_code(&x->child), status = x->child.status;
    const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;
    char number[16];

    if (WIFSIGNALED(status) && !name) {
        snprintf(number, sizeof(number), "%d", WTERMSIG(status));
        name = number;
    }
    return json_pack("{s:i, s:s?, s:b, s:I, s:I}", "exit_code", code, "signal", name, "timed_out",
                     x->timed_out, "duration_ms",
                     (json_int_t)((x->ended_us - x->started_us + 500) / 1000), "left_behind",
                     (json_int_t)x->left_behind);
}

/* Closes and frees finished execs. */
static void finish_if_over(struct exec *x)
{
    if (!x->child.ended)
        return;
    if (x->stream.link) {
        scoped_json json_t *result = NULL;
        if (x->out[0].fd >= 0 || x->out[1].fd >= 0)
            return;
        result = result_of(x);
        stream_close(&x->stream, result);
    }
    exec_free(x);
}

/* --- output --- */

static void exec_output_ready(void *arg, uint32_t events);

static void watch_output(struct output *o, bool on)
{
    struct exec *x = o->exec;

    if (o->fd < 0 || o->watched == on)
        return;
    o->watched = on;
    if (!on) {
        loop_unwatch(x->g->loop, o->fd);
    } else if (!loop_watch(x->g->loop, o->fd, EPOLLIN, exec_output_ready, o, NULL)) {
        o->watched = false;
        child_kill(&x->child);
        close_output(o);
    }
}

/* Moves the pipe's content to the stream, as far as credit goes. */
static void pump(struct output *o)
{
    static char chunk[CHUNK_BYTES];
    struct exec *x = o->exec;

    for (size_t moved = 0; o->fd >= 0 && moved < PASS_BYTES;) {
        size_t room = stream_room(&x->stream);
        ssize_t n;
        if (!room) {
            watch_output(o, false);
            stream_want_room(&x->stream);
            return;
        }
        n = read(o->fd, chunk, room < sizeof(chunk) ? room : sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0) {
            close_output(o);
            return;
        }
        moved += (size_t)n;
        if (stream_send(&x->stream, o->channel, chunk, (size_t)n) != (size_t)n)
            return; /* the link broke; closed() follows */
    }
    watch_output(o, true);
}

static void exec_output_ready(void *arg, uint32_t events UNUSED)
{
    struct output *o = arg;

    pump(o);
    finish_if_over(o->exec);
}

static void exec_on_writable(struct stream *s)
{
    struct exec *x = s->arg;

    pump(&x->out[0]);
    pump(&x->out[1]);
    finish_if_over(x);
}

/* The processes that held the pipes are dead, or outside the group: they are not waited for, unless
 * the reader is slow. */
static void exec_drain_over(void *arg)
{
    struct exec *x = arg;

    if (stream_room(&x->stream) == 0) {
        loop_timer_set(x->g->loop, &x->drain_timer, DRAIN_WAIT_MS, exec_drain_over, x);
        return;
    }
    pump(&x->out[0]);
    pump(&x->out[1]);
    close_output(&x->out[0]);
    close_output(&x->out[1]);
    finish_if_over(x);
}

/* --- input --- */

static void exec_input_ready(void *arg, uint32_t events);

static void write_input(struct exec *x)
{
    while (x->in.len) {
        ssize_t n = write(x->in_fd, x->in.data, x->in.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0) {
            close_input(x); /* the command reads no more */
            return;
        }
        buf_consume(&x->in, (size_t)n);
        stream_consumed(&x->stream, (size_t)n);
    }
    if (!x->in.len && x->in_ended) {
        close_input(x);
    } else if (!x->in.len && x->in_watched) {
        loop_unwatch(x->g->loop, x->in_fd);
        x->in_watched = false;
    } else if (x->in.len && !x->in_watched) {
        x->in_watched = loop_watch(x->g->loop, x->in_fd, EPOLLOUT, exec_input_ready, x, NULL);
        if (!x->in_watched)
            close_input(x);
    }
}

static void exec_input_ready(void *arg, uint32_t events UNUSED)
{
    write_input(arg);
}

static void exec_on_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes,
                         size_t n)
{
    struct exec *x = s->arg;

    if (channel != WIRE_STDIN || x->in_fd < 0 || x->in_ended) {
        stream_consumed(s, n);
        return;
    }
    if (!buf_append(&x->in, bytes, n)) {
        stream_consumed(s, n);
        close_input(x);
        return;
    }
    write_input(x);
}

static void exec_on_end(struct stream *s, enum wire_channel channel)
{
    struct exec *x = s->arg;

    if (channel != WIRE_STDIN || x->in_fd < 0)
        return;
    x->in_ended = true;
    write_input(x);
}

/* --- the rest of the stream --- */

static void exec_on_message(struct stream *s, const json_t *message)
{
    int number = signals_number(json_string_or(message, "signal", ""));
    struct exec *x = s->arg;

    if (number)
        child_signal(&x->child, number);
}

static void exec_on_closed(struct stream *s, const json_t *result UNUSED,
                           const struct pyro_error *err UNUSED)
{
    struct exec *x = s->arg;

    child_kill(&x->child);
    close_input(x);
    close_output(&x->out[0]);
    close_output(&x->out[1]);
    finish_if_over(x);
}

static const struct stream_ops exec_stream_ops = {
    .data = exec_on_data,
    .end = exec_on_end,
    .message = exec_on_message,
    .writable = exec_on_writable,
    .closed = exec_on_closed,
};

static void exec_on_timeout(void *arg)
{
    struct exec *x = arg;

    if (x->child.ended)
        return;
    x->timed_out = true;
    child_kill(&x->child);
}

static void exec_child_ended(void *arg)
{
    struct exec *x = arg;

    x->ended_us = now_us();
    x->left_behind = cgroup_count(x->child.group);
    loop_timer_cancel(x->g->loop, &x->timeout);
    child_kill(&x->child);
    close_input(x);
    if (x->stream.link) {
        pump(&x->out[0]);
        pump(&x->out[1]);
        loop_timer_set(x->g->loop, &x->drain_timer, DRAIN_WAIT_MS, exec_drain_over, x);
    }
    finish_if_over(x);
}

/* --- start --- */

/* Three pipes: the command's ends in child[], ours in ours[]. */
static bool make_pipes(int child[3], int ours[3], struct pyro_error *err)
{
    for (int i = 0; i < 3; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
            return pyro_fail_errno(err, "exec: pipe");
        child[i] = ends[i == 0 ? 0 : 1];
        ours[i] = ends[i == 0 ? 1 : 0];
        if (!fd_set_nonblocking(ours[i], true))
            return pyro_fail_errno(err, "exec: pipe");
    }
    /* Bigger steps, fewer wake-ups; a failure only costs speed. */
    fcntl(ours[0], F_SETPIPE_SZ, WIRE_CREDIT);
    fcntl(ours[1], F_SETPIPE_SZ, WIRE_CREDIT);
    return true;
}

static void close_three(int fds[3])
{
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* A command that cannot be run ends like one that printed why. */
static void end_unstarted(struct exec *x, enum spawn_result why, const struct pyro_error *err)
{
    char line[sizeof(err->message) + 16];
    int n = snprintf(line, sizeof(line), "pyro: %s\n", err->message);

    stream_send(&x->stream, WIRE_STDERR, line, (size_t)n);
    x->child.ended = true;
    x->ended_us = now_us();
    x->child.status = W_EXITCODE(why == SPAWN_NOT_FOUND ? 127 : 126, 0);
    close_output(&x->out[0]);
    close_output(&x->out[1]);
    finish_if_over(x);
}

/* Starts the command with pipes, whose other ends are x's. */
static enum spawn_result start_child(struct exec *x, const struct command *c,
                                     struct pyro_error *err)
{
    int child[3] = { -1, -1, -1 }, ours[3] = { -1, -1, -1 };
    enum spawn_result result = SPAWN_FAILED;

    if (make_pipes(child, ours, err)) {
        x->started_us = now_us();
        result = child_start(&x->child, x->g, c, child, err);
    }
    close_three(child);
    x->in_fd = ours[0];
    x->out[0].fd = ours[1];
    x->out[1].fd = ours[2];
    return result;
}

/* False: it failed, and nothing was accepted. */
static bool start(struct exec *x, uint32_t id, const struct command *c, int64_t timeout_ms,
                  struct pyro_error *err)
{
    enum spawn_result result = start_child(x, c, err);

    if (result == SPAWN_FAILED)
        return false;
    if (!stream_accept(x->g->link, id, &x->stream, &exec_stream_ops, x, err)) {
        child_kill(&x->child);
        return false;
    }
    if (result != SPAWN_OK) {
        end_unstarted(x, result, err);
        return true;
    }
    if (timeout_ms)
        loop_timer_set(x->g->loop, &x->timeout, timeout_ms, exec_on_timeout, x);
    watch_output(&x->out[0], true);
    watch_output(&x->out[1], true);
    return true;
}

static struct exec *exec_new(struct guest *g)
{
    struct exec *x = calloc(1, sizeof(*x));

    if (!x)
        return NULL;
    x->g = g;
    x->child = (struct child){ .on_end = exec_child_ended, .arg = x };
    x->in_fd = -1;
    buf_init(&x->in, WIRE_CREDIT);
    x->out[0] = (struct output){ .exec = x, .channel = WIRE_STDOUT, .fd = -1 };
    x->out[1] = (struct output){ .exec = x, .channel = WIRE_STDERR, .fd = -1 };
    g->exec_count++;
    return x;
}

/* Releases the command. */
static bool run_command(struct guest *g, uint32_t id, struct command *command, int64_t timeout_ms,
                        struct pyro_error *err)
{
    struct exec *x = exec_new(g);
    bool ok = (x || pyro_no_memory(err, "exec")) && start(x, id, command, timeout_ms, err);

    command_release(command);
    if (x && !ok && !child_runs(&x->child)) /* else it is freed once it was reaped */
        exec_free(x);
    return ok;
}

static bool check_count(const struct guest *g, struct pyro_error *err)
{
    return g->exec_count < GUEST_STREAMS_MAX ||
           pyro_fail(err, PYRO_GUEST_ERROR, "%d commands are running; no more at once",
                     GUEST_STREAMS_MAX);
}

bool exec_op_exec(struct guest *g, uint32_t id, const json_t *message, struct pyro_error *err)
{
    scoped_command_request request = { 0 };
    struct command command;

    return check_count(g, err) && command_request_load(exec_request_rows, message, &request, err) &&
           command_parse(&command, g, &request, err) &&
           run_command(g, id, &command, request.timeout_ms, err);
}

bool exec_run_self(struct guest *g, uint32_t id, const char *const *arguments,
                   struct pyro_error *err)
{
    struct command command;

    return check_count(g, err) && command_of_self(&command, arguments, err) &&
           run_command(g, id, &command, 0, err);
}
