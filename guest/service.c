/*
 * guest/service.c: one service from its start to the host's last word.
 *
 * Life: STARTING until its probe succeeds (at once without one), then READY; `why` is set when it
 * is ended from here (a stop, or no readiness in time), and asks TERM first, KILL after the
 * deadline. A pipe is read only while its backlog has room: a service whose host is away blocks
 * once that is full, and nothing is lost.
 */
#include "guest/service.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/backlog.h"
#include "guest/child.h"
#include "guest/probe.h"
#include "vmm/base/fs.h"
#include "vmm/base/sock.h"

#define SERVICES_MAX 64
#define NAME_MAX_BYTES 64
#define DRAIN_MS 2000
#define BATCH_MS 1
#define GIVEN_UP_KILL_MS 5000 /* for one that did not get ready: from TERM to KILL */
#define TIME_MAX_MS (30ll * 24 * 3600 * 1000)

struct output {
    struct service *service;
    int fd; /* -1 at its end */
    bool watched;
    struct backlog out;
    struct stream stream; /* the host's attachment */
    int64_t pumped_ms;
    struct loop_timer batch;
};

struct service {
    struct service *next;
    struct guest *g;
    char name[NAME_MAX_BYTES + 1];
    struct child child;
    struct output out[2];
    struct probe *probe; /* while it is starting */
    int64_t patience_ms; /* of it; 0: no end */
    bool ready, told;
    const char *why; /* "stopped", "not_ready": it was ended from here */
    bool killed;     /* TERM was not enough */
    char probe_error[200];
    unsigned oom_kills, left_behind;
    struct loop_timer patience, kill_timer, drain;
};

static struct service *find(struct guest *g, const char *name)
{
    struct service *s = g->services;

    while (s && strcmp(s->name, name) != 0)
        s = s->next;
    return s;
}

static void close_output(struct output *o)
{
    if (o->fd < 0)
        return;
    loop_timer_cancel(o->service->g->loop, &o->batch);
    if (o->watched)
        loop_unwatch(o->service->g->loop, o->fd);
    o->watched = false;
    close(take_fd(&o->fd));
}

static void service_free(struct service *s)
{
    list_remove(&s->g->services, s);
    s->g->service_count--;
    for (int i = 0; i < 2; i++) {
        close_output(&s->out[i]);
        stream_close(&s->out[i].stream, NULL);
        backlog_release(&s->out[i].out);
    }
    loop_timer_cancel(s->g->loop, &s->patience);
    loop_timer_cancel(s->g->loop, &s->kill_timer);
    loop_timer_cancel(s->g->loop, &s->drain);
    probe_free(s->probe);
    child_release(&s->child);
    free(s);
}

/* ---- reports to the host ---- */

static void tell(struct service *s, json_t *message)
{
    stream_message(&s->out[0].stream, message);
    json_decref(message);
}

static const char *reason(const struct service *s)
{
    if (s->why)
        return s->why;
    return s->oom_kills && s->child.status ? "out_of_memory" : "exited";
}

/* Once everything is out: how it ended. */
static void tell_end(struct service *s)
{
    if (!s->child.ended || s->told)
        return;
    for (int i = 0; i < 2; i++)
        if (s->out[i].fd >= 0 || !s->out[i].stream.link || !backlog_is_sent(&s->out[i].out))
            return;
    s->told = true;
    /* The probe's message may quote a path, cut anywhere. */
    tell(s, json_pack("{s:i, s:s, s:b, s:o, s:i}", "ended", child_exit_code(&s->child), "reason",
                      reason(s), "killed", s->killed, "probe_error",
                      json_string_or_null(s->probe_error), "left_behind", (int)s->left_behind));
}

/* ---- output ---- */

static void service_on_pipe(void *arg, uint32_t events);

static void watch(struct output *o, bool on)
{
    struct loop *loop = o->service->g->loop;

    if (o->fd < 0 || o->watched == on)
        return;
    if (!on)
        loop_unwatch(loop, o->fd);
    else if (!loop_watch(loop, o->fd, EPOLLIN, service_on_pipe, o, NULL))
        return;
    o->watched = on;
}

/* Reads the pipe, as far as there is room. False at its end. */
static bool read_pipe(struct output *o)
{
    const char *bytes;
    ssize_t n;

    for (ssize_t taken = 0; taken < BACKLOG_TURN_BYTES; taken += n) {
        n = backlog_read(&o->out, &o->stream, o->fd, &bytes);
        if (n <= 0)
            return n == 0;
    }
    return true;
}

static void pump(struct output *o)
{
    o->pumped_ms = clock_ms();
    if (o->fd >= 0 && !read_pipe(o))
        close_output(o);
    backlog_send(&o->out, &o->stream);
    if (o->fd >= 0 && !backlog_room(&o->out, &o->stream)) {
        watch(o, false);
        if (o->stream.link)
            stream_want_room(&o->stream);
    } else {
        watch(o, true);
    }
    tell_end(o->service);
}

static void service_batched(void *arg)
{
    pump(arg);
}

/* The first bytes after a pause go at once; one that prints line by line may print for a moment, as
 * in shell.c. */
static void service_on_pipe(void *arg, uint32_t events UNUSED)
{
    struct output *o = arg;

    if (clock_ms() - o->pumped_ms < BATCH_MS && !o->service->child.ended) {
        watch(o, false);
        loop_timer_set(o->service->g->loop, &o->batch, BATCH_MS, service_batched, o);
    } else {
        pump(o);
    }
}

/* The processes that held the pipes are dead, or outside the group: they are not waited for, unless
 * the host is slow or away. */
static void service_drained(void *arg)
{
    struct service *s = arg;
    bool waits = false;

    for (int i = 0; i < 2; i++) {
        pump(&s->out[i]);
        waits |= s->out[i].fd >= 0 && !backlog_room(&s->out[i].out, &s->out[i].stream);
    }
    if (waits) {
        loop_timer_set(s->g->loop, &s->drain, DRAIN_MS, service_drained, s);
        return;
    }
    close_output(&s->out[0]);
    close_output(&s->out[1]);
    tell_end(s);
}

/* ---- its end ---- */

static void service_not_heard(void *arg)
{
    struct service *s = arg;

    s->killed = true;
    child_kill(&s->child);
}

/* TERM to its process group, KILL to all of it after the time. `why` is a constant. */
static void end_it(struct service *s, const char *why, int64_t kill_ms)
{
    if (s->child.ended)
        return;
    if (!s->why)
        s->why = why;
    loop_timer_cancel(s->g->loop, &s->patience);
    if (s->probe)
        probe_error(s->probe, s->probe_error, sizeof(s->probe_error));
    probe_free(take_ptr(&s->probe));
    child_signal(&s->child, SIGTERM);
    child_signal(&s->child, SIGCONT);
    loop_timer_set(s->g->loop, &s->kill_timer, kill_ms, service_not_heard, s);
}

static void service_child_ended(void *arg)
{
    struct service *s = arg;

    s->oom_kills = cgroup_oom_kills(s->child.group);
    s->left_behind = cgroup_count(s->child.group);
    if (s->probe)
        probe_error(s->probe, s->probe_error, sizeof(s->probe_error));
    probe_free(take_ptr(&s->probe));
    loop_timer_cancel(s->g->loop, &s->patience);
    loop_timer_cancel(s->g->loop, &s->kill_timer);
    child_kill(&s->child);
    loop_timer_set(s->g->loop, &s->drain, DRAIN_MS, service_drained, s);
    pump(&s->out[0]);
    pump(&s->out[1]);
}

/* ---- readiness ---- */

static void service_on_ready(void *arg)
{
    struct service *s = arg;

    loop_timer_cancel(s->g->loop, &s->patience);
    probe_free(take_ptr(&s->probe));
    s->ready = true;
    tell(s, json_pack("{s:b}", "ready", true));
}

static void service_out_of_patience(void *arg)
{
    end_it(arg, "not_ready", GIVEN_UP_KILL_MS);
}

/* ---- the host's streams ---- */

static void service_on_message(struct stream *stream, const json_t *message)
{
    struct output *o = stream->arg;
    int64_t kill_ms = json_int_or(message, "stop", -1);

    if (kill_ms >= 0 && kill_ms <= TIME_MAX_MS)
        end_it(o->service, "stopped", kill_ms);
}

static void service_on_data(struct stream *stream, enum wire_channel channel UNUSED,
                            const uint8_t *bytes UNUSED, size_t n)
{
    stream_consumed(stream, n);
}

static void service_on_writable(struct stream *stream)
{
    pump(stream->arg);
}

/* The host closed it on purpose if it knows the end; else the service waits for the next
 * connection. */
static void service_on_closed(struct stream *stream, const json_t *result UNUSED,
                              const struct pyro_error *err)
{
    struct output *o = stream->arg;

    if (pyro_is(err, PYRO_INTERRUPTED) && o->service->told)
        service_free(o->service);
    else
        o->service->told = false;
}

bool service_op_attach(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err)
{
    static const struct stream_ops ops = { .data = service_on_data,
                                           .message = service_on_message,
                                           .writable = service_on_writable,
                                           .closed = service_on_closed };
    const char *name, *which;
    struct service *s;
    struct output *o;
    int64_t offset;

    if (!json_get_string(request, "service", &name, err) ||
        !json_get_string(request, "output", &which, err) ||
        !json_get_int(request, "offset", 0, INT64_MAX, &offset, err))
        return false;
    s = find(g, name);
    if (!s)
        return pyro_fail(err, PYRO_SERVICE_NOT_FOUND, "there is no service '%.64s'", name);
    o = &s->out[strcmp(which, "stderr") == 0];
    if (o->stream.link)
        return pyro_fail(err, PYRO_SERVICE_STATE, "service '%s' is attached", s->name);
    if (!backlog_has(&o->out, offset))
        return pyro_fail(err, PYRO_SERVICE_STATE, "service '%s' has offsets %llu to %llu, not %lld",
                         s->name, (unsigned long long)o->out.start,
                         (unsigned long long)backlog_end(&o->out), (long long)offset);
    if (!stream_accept(g->link, id, &o->stream, &ops, o, err))
        return false;
    backlog_rewind(&o->out, offset);
    if (s->ready && o == &s->out[0])
        tell(s, json_pack("{s:b}", "ready", true));
    pump(o);
    return true;
}

/* ---- start ---- */

static bool make_pipe(int ret_ends[2], struct pyro_error *err)
{
    if (pipe2(ret_ends, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "service: pipe");
    fcntl(ret_ends[1], F_SETPIPE_SZ, WIRE_CREDIT); /* a failure only costs speed */
    return fd_set_nonblocking(ret_ends[0], true) || pyro_fail_errno(err, "service: pipe");
}

static bool start(struct service *s, const struct command *c, struct pyro_error *err)
{
    int out[2] = { -1, -1 }, errors[2] = { -1, -1 };
    scoped_close int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    bool ok = null >= 0 || pyro_fail_errno(err, "/dev/null");

    ok = ok && make_pipe(out, err) && make_pipe(errors, err) &&
         child_start(&s->child, s->g, c, (int[]){ null, out[1], errors[1] }, err) == SPAWN_OK;
    cleanup_close(&out[1]);
    cleanup_close(&errors[1]);
    s->out[0].fd = out[0];
    s->out[1].fd = errors[0];
    return ok;
}

/* Looks at the state before the service is started. */
static bool prepare_probe(struct service *s, const struct command_request *request,
                          struct pyro_error *err)
{
    if (!request->readiness)
        return true;
    if (!json_get_int(request->readiness, "timeout_ms", 0, TIME_MAX_MS, &s->patience_ms, err))
        return false;
    s->probe = probe_new(s->g, request, service_on_ready, s, err);
    return s->probe != NULL;
}

/* Waits until it is ready, if it has a probe. */
static void await_ready(struct service *s)
{
    s->ready = !s->probe;
    if (!s->probe)
        return;
    probe_begin(s->probe);
    if (s->patience_ms)
        loop_timer_set(s->g->loop, &s->patience, s->patience_ms, service_out_of_patience, s);
}

static struct service *service_new(struct guest *g, const char *name)
{
    struct service *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    s->g = g;
    snprintf(s->name, sizeof(s->name), "%s", name);
    for (int i = 0; i < 2; i++) {
        s->out[i].service = s;
        s->out[i].fd = -1;
        backlog_init(&s->out[i].out);
    }
    s->child = (struct child){ .on_end = service_child_ended, .arg = s };
    if (!g->host_dir)
        cgroup_count_memory();
    s->next = g->services;
    g->services = s;
    g->service_count++;
    return s;
}

bool service_op_start(struct guest *g, const json_t *message, json_t **ret, struct pyro_error *err)
{
    scoped_command_request request = { 0 };
    struct command command;
    const char *name;
    struct service *s;
    bool ok;

    if (!command_request_load(service_request_rows, message, &request, err))
        return false;
    name = request.service;
    if (!*name || strlen(name) > NAME_MAX_BYTES || find(g, name))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                         "service '%.64s' is already running, or not a valid name", name);
    if (g->service_count >= SERVICES_MAX)
        return pyro_fail(err, PYRO_GUEST_ERROR, "%d services are running; no more at once",
                         SERVICES_MAX);
    if (!command_parse(&command, g, &request, err))
        return false;
    s = service_new(g, name);
    if (!s) {
        command_release(&command);
        return pyro_no_memory(err, "service");
    }
    ok = prepare_probe(s, &request, err) && start(s, &command, err);
    command_release(&command);
    if (!ok) {
        service_free(s);
        return false;
    }
    await_ready(s);
    *ret = json_pack("{s:i}", "pid", (int)s->child.pid);
    pump(&s->out[0]);
    pump(&s->out[1]);
    return true;
}
