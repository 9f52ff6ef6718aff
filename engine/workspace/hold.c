/*
 * engine/workspace/hold.c: a workspace that lives no longer than this process.
 *
 * The process keeps a stream open to the supervisor, which stops the workspace when the stream
 * ends, for whatever reason. A supervisor that is lost is replaced from here, as a child of this
 * process; the machine, whose parent it was, has become one by then (PR_SET_CHILD_SUBREAPER).
 */
#include "engine/workspace/hold.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/client/stopped.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"
#include "vmm/base/resident.h"
#include "vmm/base/sock.h"

#define END_MS 60000 /* from the request to stop until it has: beyond the guest's own time */
#define CGROUP_MAX 4096

struct holder {
    const struct workspace_handle *workspace;
    const struct workspace_hold_spec *spec;
    struct loop *loop;
    struct link *link;
    struct stream stream;
    struct loop_timer deadline;
    unsigned signals;
    bool told_ready, accounted, left;
    json_t *result; /* of the supervisor: the workspace's end */
    struct pyro_error why;
};

/* ---- who accounts for it ---- */

static bool is_in_same_cgroup(pid_t pid)
{
    char mine[CGROUP_MAX], other[CGROUP_MAX];

    return proc_read_file(getpid(), "cgroup", mine, sizeof(mine)) &&
           proc_read_file(pid, "cgroup", other, sizeof(other)) && !strcmp(mine, other);
}

static bool look_at_supervisor(struct holder *h, int fd, struct pyro_error *err)
{
    pid_t pid = sock_peer_pid(fd);
    bool same = is_in_same_cgroup(pid);

    h->accounted = same && proc_is_ancestor_of(pid);
    if (same || h->spec->watch)
        return true;
    pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' runs in another control group",
              h->workspace->id);
    return pyro_hint(err,
                     "stop it first: what holds it then starts it here; or only watch: pyro "
                     "workspace hold %s --watch",
                     h->workspace->id);
}

/* ---- the stream ---- */

static void hold_on_message(struct stream *s, const json_t *message UNUSED)
{
    struct holder *h = s->arg;

    if (!h->told_ready)
        h->spec->ready(h->spec->arg, h->workspace->id, h->accounted);
    h->told_ready = true;
    resident_release();
}

static void hold_on_closed(struct stream *s, const json_t *result, const struct pyro_error *why)
{
    struct holder *h = s->arg;

    if (!result)
        h->why = *why;
    else if (error_from_result(result, &h->why))
        h->result = json_deep_copy(result);
    loop_stop(h->loop);
}

static void hold_on_lost(struct link *link UNUSED, const struct pyro_error *why UNUSED)
{
}

static bool connect_holder(struct holder *h, struct pyro_error *err)
{
    static const struct link_ops link_ops = { .lost = hold_on_lost };
    static const struct stream_ops ops = { .message = hold_on_message, .closed = hold_on_closed };
    scoped_json json_t *request = json_pack("{s:s, s:b}", "op", "attend", "watch", h->spec->watch);
    scoped_close int fd = supervisor_connect(h->workspace, MACHINE_AS_IT_IS, err);

    if (fd < 0 || !look_at_supervisor(h, fd, err))
        return false;
    h->link = link_new(h->loop, fd, LINK_SOCKET, &link_ops, h, err);
    if (!h->link)
        return false;
    fd = -1;
    return stream_open(h->link, &h->stream, request, &ops, h, err);
}

/* ---- signals ---- */

static void hold_on_late(void *arg)
{
    struct holder *h = arg;

    pyro_fail(&h->why, PYRO_TIMEOUT, "workspace '%s' does not end", h->workspace->id);
    pyro_hint(&h->why, "see 'pyro workspace status'; 'pyro workspace delete' kills it");
    h->left = true;
    loop_stop(h->loop);
}

static void hold_on_signal(void *arg, const struct signalfd_siginfo *info)
{
    struct holder *h = arg;
    scoped_json json_t *message = NULL;

    if (info->ssi_signo == SIGCHLD) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        return;
    }
    if (h->spec->watch) {
        h->left = true;
        loop_stop(h->loop);
        return;
    }
    if (!h->signals++)
        loop_timer_set(h->loop, &h->deadline, patience(END_MS), hold_on_late, h);
    message = json_pack("{s:b}", "force", h->signals > 1);
    stream_message(&h->stream, message);
}

static bool take_signals(struct holder *h, struct pyro_error *err)
{
    static const int taken[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD };
    sigset_t signals;

    sigemptyset(&signals);
    for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
        sigaddset(&signals, taken[i]);
    /* What schedulers send as a warning. */
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    return loop_signals(h->loop, &signals, hold_on_signal, h, err);
}

/* ---- the wait ---- */

/* Whether the supervisor was lost, and its successor is to be held; else the wait is over. */
static bool attend(struct holder *h)
{
    bool opened = connect_holder(h, &h->why);
    bool again;

    if (opened)
        loop_run(h->loop);
    again = opened && !h->result && h->why.code == PYRO_GUEST_LOST;
    link_free(h->link);
    h->link = NULL;
    h->stream = (struct stream){ 0 };
    /* Of a machine that was lost with it, the record says so. */
    if (again || (h->told_ready && h->why.code == PYRO_WORKSPACE_STATE))
        h->why = (struct pyro_error){ 0 };
    return again;
}

/* Its object, of a supervisor that has ended or of the record; NULL when it failed. */
static json_t *view_end(struct holder *h, struct pyro_error *err)
{
    json_t *view = json_incref(h->result);

    if (!view && h->why.code == PYRO_OK)
        view = workspace_view(h->workspace, err);
    else if (!view)
        pyro_copy(err, &h->why);
    json_object_del(view, "expired");
    if (strcmp(json_string_or(view, "state", ""), "failed") != 0)
        return view;
    pyro_fail(err, PYRO_VM_FAILED, "workspace '%s' failed: %s", h->workspace->id,
              json_string_or(view, "last_error", "the reason is not known"));
    json_decref(view);
    return NULL;
}

static bool start_here(const struct workspace_handle *w, const struct progress *progress,
                       struct pyro_error *err)
{
    enum workspace_state state;

    if (!workspace_recover(w, err))
        return false;
    state = record_state(w->dir_fd, w->id);
    return state == WORKSPACE_STARTED || workspace_start_stopped(w, true, progress, err);
}

/* Another may have deleted it meanwhile. */
static bool delete_ended(const struct workspace_handle *w, struct pyro_error *err)
{
    struct pyro_error why = { 0 };
    scoped_json json_t *deleted = workspace_delete(w->id, &why);

    return deleted || why.code == PYRO_WORKSPACE_NOT_FOUND || pyro_copy(err, &why);
}

void workspace_hold_prepare(void)
{
    proc_adopt_orphans();
}

json_t *workspace_hold(const char *ref, const struct workspace_hold_spec *spec,
                       const struct progress *progress, bool *ret_expired, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
    struct holder h = { .workspace = &w, .spec = spec };
    json_t *view = NULL;

    workspace_hold_prepare();
    if (!workspace_open(ref, &w, err) || (!spec->watch && !start_here(&w, progress, err)))
        return NULL;
    h.loop = loop_new(err);
    if (h.loop && take_signals(&h, err)) {
        while (attend(&h))
            ;
        *ret_expired = json_bool_or(h.result, "expired", false);
        view = view_end(&h, err);
    }
    if (h.loop)
        loop_timer_cancel(h.loop, &h.deadline);
    loop_free(h.loop);
    json_decref(h.result);
    if (view && spec->and_delete && !h.left && !delete_ended(&w, err)) {
        json_decref(view);
        view = NULL;
    }
    return view;
}
