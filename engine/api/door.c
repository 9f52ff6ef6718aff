/* engine/api/door.c: the loop between a client and its calls. */
#include "engine/api/door.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/api/lines.h"
#include "engine/client/spare_keeper.h"
#include "engine/cmd/output.h"
#include "vmm/base/json.h"

#define CHUNK ((size_t)64 * 1024)

struct door {
    struct loop *loop;
    int in_fd;
    const struct door_ops *ops;
    void *arg;
    struct lines lines;
    struct outgoing out;
    struct door_call *calls;
    size_t count;
    bool watched, always_ready, eof, closing;
    int signal;
    struct loop_deferred go;
};

static void door_go_on(void *arg);

static void cancel_all(struct door *d)
{
    for (struct door_call *c = d->calls; c; c = c->next)
        if (c->call)
            call_cancel(c->call);
}

static void end_if_done(struct door *d)
{
    if ((d->eof || d->closing) && !d->calls && (d->out.gone || outgoing_is_empty(&d->out)))
        loop_stop(d->loop);
}

static void close_door(struct door *d)
{
    d->closing = true;
    cancel_all(d);
    end_if_done(d);
}

/* ---- input ---- */

static void unwatch(struct door *d)
{
    if (d->watched)
        loop_unwatch(d->loop, d->in_fd);
    d->watched = false;
}

/* Handles the lines that are here, unless what they lead to cannot go out. */
static bool handle_lines(struct door *d)
{
    size_t n;
    char *line;

    while (!d->closing) {
        enum lines_next next;

        if (outgoing_is_full(&d->out))
            return false;
        next = lines_next(&d->lines, d->eof, &line, &n);
        if (next == LINES_NONE)
            return true;
        d->ops->line(d->arg, d, next == LINES_LINE ? line : NULL, n);
    }
    return false;
}

static void read_more(struct door *d)
{
    char chunk[CHUNK];
    ssize_t n = read(d->in_fd, chunk, sizeof(chunk));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        d->eof = true;
        unwatch(d);
    } else {
        BUG_ON(!lines_add(&d->lines, chunk, (size_t)n));
    }
    explicit_bzero(chunk, n > 0 ? (size_t)n : 0); /* a request may hold a secret */
    handle_lines(d);
    if (d->eof && d->ops->cancels_at_eof)
        close_door(d);
}

static void door_on_input(void *arg, uint32_t events UNUSED)
{
    struct door *d = arg;

    if (outgoing_is_full(&d->out)) {
        unwatch(d); /* door_go_on() watches it again */
        return;
    }
    read_more(d);
    end_if_done(d);
}

/* A regular file is always ready, and epoll refuses it. */
static void watch_input(struct door *d)
{
    if (d->eof || d->closing || d->watched)
        return;
    if (!d->always_ready)
        d->watched = loop_watch(d->loop, d->in_fd, EPOLLIN, door_on_input, d, NULL);
    if (d->watched)
        return;
    d->always_ready = true;
    if (!outgoing_is_full(&d->out)) {
        read_more(d);
        loop_defer(d->loop, &d->go, door_go_on, d);
    }
}

/* ---- output ---- */

static void resume_calls(struct door *d)
{
    for (struct door_call *c = d->calls, *next; c; c = next) {
        next = c->next;
        if (c->call)
            call_go_on(c->call);
    }
}

static void door_go_on(void *arg)
{
    struct door *d = arg;

    if (d->out.gone) {
        unwatch(d);
        close_door(d);
    }
    resume_calls(d);
    if (handle_lines(d))
        watch_input(d);
    end_if_done(d);
}

struct outgoing *door_outgoing(struct door *d)
{
    return &d->out;
}

struct loop *door_loop(struct door *d)
{
    return d->loop;
}

void door_say(struct door *d, const json_t *what)
{
    scoped_free char *line = output_json_line(what);

    BUG_ON(!line);
    outgoing_put(&d->out, line, strlen(line));
}

/* ---- calls ---- */

struct door_call *door_calls(struct door *d)
{
    return d->calls;
}

bool door_is_crowded(const struct door *d)
{
    return d->count >= DOOR_CALLS_MAX;
}

void door_start(struct door *d, struct door_call *dc, struct call_spec *spec)
{
    struct call *call;

    dc->next = d->calls;
    dc->call = NULL;
    d->calls = dc;
    d->count++;
    spec->loop = d->loop;
    spec->out = &d->out;
    call = call_begin(spec);
    if (call) /* else dc is gone already */
        dc->call = call;
}

void door_forget(struct door *d, struct door_call *dc)
{
    list_remove(&d->calls, dc);
    d->count--;
    loop_defer(d->loop, &d->go, door_go_on, d);
}

/* ---- the whole ---- */

static void door_on_signal(void *arg, const struct signalfd_siginfo *info)
{
    struct door *d = arg;

    d->signal = (int)info->ssi_signo;
    unwatch(d);
    close_door(d);
}

static bool catch_signals(struct door *d, sigset_t *ret_before, struct pyro_error *err)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, NULL, ret_before);
    return loop_signals(d->loop, &signals, door_on_signal, d, err);
}

bool door_run(int in_fd, int out_fd, const struct door_ops *ops, void *arg, int *ret_signal,
              struct pyro_error *err)
{
    struct door d = { .in_fd = in_fd, .ops = ops, .arg = arg };
    sigset_t before;
    bool ok;

    d.loop = loop_new(err);
    if (!d.loop)
        return false;
    lines_init(&d.lines, LINES_CLIENT_MAX);
    outgoing_init(&d.out, d.loop, out_fd, door_go_on, &d);
    ok = catch_signals(&d, &before, err);
    if (ok) {
        struct spare_keeper *keeper = spare_keeper_new(d.loop);
        if (ops->opened)
            ops->opened(arg, &d);
        loop_defer(d.loop, &d.go, door_go_on, &d);
        loop_run(d.loop);
        spare_keeper_free(keeper);
        *ret_signal = d.signal;
    }
    unwatch(&d);
    loop_defer_cancel(d.loop, &d.go);
    outgoing_release(&d.out);
    lines_release(&d.lines);
    sigprocmask(SIG_SETMASK, &before, NULL);
    loop_free(d.loop);
    return ok;
}
