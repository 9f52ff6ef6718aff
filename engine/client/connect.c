/* engine/client/connect.c: reaching a workspace's supervisor. */
#include "engine/client/connect.h"

#include <errno.h>
#include <time.h>

#include "engine/client/stopped.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/sock.h"

#define CONNECT_TRIES_MS 15000 /* a holder that starts or ends does not serve yet */

static bool is_started(const struct workspace_handle *w, struct pyro_error *err)
{
    scoped_record struct workspace_record r = { 0 };

    if (!record_load(w->dir_fd, w->id, &r, err))
        return false;
    if (r.state == WORKSPACE_STARTED || r.state == WORKSPACE_CREATED)
        return true;
    pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' is %s", w->id,
              workspace_state_name(r.state));
    return pyro_hint(err, "%s it with 'pyro workspace start %s'",
                     r.state == WORKSPACE_SUSPENDED ? "resume" : "start", w->id);
}

/* A holder starts or ends within milliseconds; there is no event for a lock's release. */
static void wait_for_holder(void)
{
    struct timespec t = { .tv_nsec = 5 * 1000 * 1000 };

    nanosleep(&t, NULL);
}

/* Another pyro may do it, or do something else with it: that is waited for. *deadline: of connecting, begins
 * again. */
static bool wake(const struct workspace_handle *w, int64_t *deadline, struct pyro_error *err)
{
    struct pyro_error why = { 0 };

    if (workspace_resume(w, &why)) {
        *deadline = patience_until(CONNECT_TRIES_MS);
        return true;
    }
    wait_for_holder();
    return why.code == PYRO_WORKSPACE_BUSY || pyro_copy(err, &why);
}

int supervisor_connect(const struct workspace_handle *w, enum machine_need need,
                       struct pyro_error *err)
{
    int64_t deadline = patience_until(CONNECT_TRIES_MS);

    for (;;) {
        struct pyro_error why = { 0 };
        int fd = sock_connect_at(w->dir_fd, SUPERVISOR_SOCKET, &why);
        if (fd >= 0)
            return fd;
        if (why.sys_errno != ENOENT && why.sys_errno != ECONNREFUSED) {
            pyro_copy(err, &why);
            return -1;
        }
        if (!workspace_recover(w, err))
            return -1;
        if (need == MACHINE_AWAKE && record_state(w->dir_fd, w->id) == WORKSPACE_SUSPENDED) {
            if (!wake(w, &deadline, err))
                return -1;
        } else if (is_started(w, err)) {
            wait_for_holder();
        } else {
            return -1;
        }
        if (clock_ms() > deadline) {
            pyro_fail(err, PYRO_WORKSPACE_BUSY, "the supervisor of '%s' does not answer", w->id);
            return -1;
        }
    }
}

static void connect_stop_loop(struct link *link, const struct pyro_error *why UNUSED)
{
    loop_stop(link_loop(link));
}

struct link *supervisor_link(const struct workspace_handle *w, enum machine_need need,
                             const struct link_ops *ops, void *arg, struct pyro_error *err)
{
    static const struct link_ops stops = { .lost = connect_stop_loop };
    int fd = supervisor_connect(w, need, err);
    struct loop *loop = fd < 0 ? NULL : loop_new(err);
    struct link *link = loop ? link_new(loop, fd, LINK_SOCKET, ops ? ops : &stops, arg, err) : NULL;

    if (!link) {
        cleanup_close(&fd);
        loop_free(loop);
    }
    return link;
}

void supervisor_unlink(struct link *link)
{
    struct loop *loop = link ? link_loop(link) : NULL;

    if (!link)
        return;
    link_free(link);
    loop_free(loop);
}

struct call {
    struct link *link;
    struct stream stream;
    json_t *result;
    struct pyro_error *err;
};

static void connect_call_closed(struct stream *s, const json_t *result,
                                const struct pyro_error *why)
{
    struct call *c = s->arg;

    if (!result) {
        *c->err = *why;
        pyro_wrap(c->err, "the supervisor");
    } else if (error_from_result(result, c->err)) {
        c->result = json_deep_copy(result);
    }
    loop_stop(link_loop(c->link));
}

void supervisor_is_late(const struct link *link, struct pyro_error *err)
{
    pyro_fail(err, PYRO_TIMEOUT, "the %s does not answer",
              link_is_ready(link) ? "guest" : "supervisor");
    pyro_hint(err, "see 'pyro workspace status'; if it shows nothing, stop and start the "
                   "workspace");
}

static void connect_call_late(void *arg)
{
    struct call *c = arg;

    supervisor_is_late(c->link, c->err);
    loop_stop(link_loop(c->link));
}

static json_t *call(const struct workspace_handle *w, enum machine_need need, const json_t *request,
                    int64_t deadline_ms, struct pyro_error *err)
{
    static const struct stream_ops ops = { .closed = connect_call_closed };
    struct loop_timer timer = { 0 };
    struct call c = { .err = err };
    int64_t began_ms = clock_ms();

    c.link = supervisor_link(w, need, NULL, NULL, c.err);
    if (!c.link)
        return NULL;
    if (deadline_ms && need == MACHINE_AWAKE)
        deadline_ms += clock_ms() - began_ms;
    if (stream_open(c.link, &c.stream, request, &ops, &c, c.err)) {
        if (deadline_ms)
            loop_timer_set(link_loop(c.link), &timer, deadline_ms - clock_ms(), connect_call_late,
                           &c);
        loop_run(link_loop(c.link));
    }
    supervisor_unlink(c.link);
    return c.result;
}

bool supervisor_missed(const struct workspace_handle *w, const struct pyro_error *why)
{
    return (why->code == PYRO_WORKSPACE_BUSY || why->sys_errno == ECONNRESET) &&
           record_state(w->dir_fd, w->id) == WORKSPACE_SUSPENDED;
}

json_t *supervisor_call(const struct workspace_handle *w, enum machine_need need,
                        const json_t *request, int64_t deadline_ms, struct pyro_error *err)
{
    struct pyro_error why = { 0 };
    json_t *result = call(w, need, request, deadline_ms, &why);

    if (!result && need == MACHINE_AWAKE && supervisor_missed(w, &why)) {
        why = (struct pyro_error){ 0 };
        result = call(w, need, request, deadline_ms, &why);
    }
    if (!result)
        pyro_copy(err, &why);
    return result;
}
