/* engine/client/lookout.c: waiting for changes of a workspace's files. */
#include "engine/client/lookout.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "engine/client/connect.h"
#include "vmm/base/fs.h"
#include "vmm/base/sock.h"

#define LOOK_MS 1000
#define FAILURES_MAX 5 /* of starting a supervisor, in a row */

static void lookout_on_change(void *arg, uint32_t ready UNUSED)
{
    struct lookout *l = arg;
    char events[4096];

    while (read(l->fd, events, sizeof(events)) > 0)
        ;
}

bool lookout_open(struct lookout *l, struct pyro_error *err)
{
    l->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (l->fd < 0)
        return pyro_fail_errno(err, "watch workspace '%s'", l->workspace->id);
    l->loop = loop_new(err);
    return l->loop && loop_watch(l->loop, l->fd, EPOLLIN, lookout_on_change, l, err);
}

void lookout_close(struct lookout *l)
{
    if (l->link)
        link_free(l->link);
    if (l->loop && l->fd >= 0)
        loop_unwatch(l->loop, l->fd);
    loop_free(l->loop);
    cleanup_close(&l->fd);
}

bool lookout_add(const struct lookout *l, const char *name, uint32_t events, struct pyro_error *err)
{
    scoped_free char *path = str_printf("/proc/self/fd/%d/%s", l->workspace->dir_fd, name);

    return inotify_add_watch(l->fd, path, events) >= 0 || errno == ENOENT ||
           pyro_fail_errno(err, "watch workspace '%s'", l->workspace->id);
}

/* ---- the supervisor ---- */

static void lookout_on_message(struct stream *s, const json_t *message)
{
    const struct lookout *l = s->arg;
    const char *note = json_string_or(message, "note", NULL);

    if (note)
        progress_note(l->progress, note);
}

/* Its link stays: the machine ends, or a supervisor of another version has nothing to say. */
static void lookout_on_closed(struct stream *s UNUSED, const json_t *result UNUSED,
                              const struct pyro_error *why UNUSED)
{
}

static void lookout_on_lost(struct link *link, const struct pyro_error *why UNUSED)
{
    struct lookout *l = link_arg(link);

    link_free(link);
    l->link = NULL;
}

static void listen_to(struct lookout *l, int fd)
{
    static const struct link_ops link_ops = { .lost = lookout_on_lost };
    static const struct stream_ops ops = { .message = lookout_on_message,
                                           .closed = lookout_on_closed };
    scoped_json json_t *request =
        json_pack("{s:s, s:b}", "op", "guest_watch", "passive", l->passive);
    struct pyro_error why = { 0 };

    l->link = link_new(l->loop, fd, LINK_SOCKET, &link_ops, l, &why);
    if (!l->link)
        close(fd);
    else if (!stream_open(l->link, &l->notes, request, &ops, l, &why))
        lookout_on_lost(l->link, &why);
}

/* Starts a supervisor where none is, and connects. One that starts or ends does not serve: that is
 * tried again. */
static bool reach(struct lookout *l, struct pyro_error *err)
{
    const struct workspace_handle *w = l->workspace;
    struct pyro_error why = { 0 };
    int fd;

    if (!store_is_held(w->dir_fd) && !workspace_recover(w, &why)) {
        if (++l->failures < FAILURES_MAX)
            return true;
        pyro_copy(err, &why);
        pyro_wrap(err, "the supervisor died, and another one could not be started");
        return false;
    }
    if (record_state(w->dir_fd, w->id) != WORKSPACE_STARTED)
        return true;
    l->failures = 0;
    fd = sock_connect_at(w->dir_fd, SUPERVISOR_SOCKET, &why);
    if (fd >= 0)
        listen_to(l, fd);
    return true;
}

bool lookout_look(struct lookout *l, struct pyro_error *err)
{
    int64_t now = clock_ms();

    if (l->link) {
        loop_run_once(l->loop, 0);
    } else if (now >= l->reach_ms) {
        l->reach_ms = now + LOOK_MS;
        return reach(l, err);
    }
    return true;
}

int lookout_fd(const struct lookout *l)
{
    return l->link ? link_fd(l->link) : -1;
}

int64_t lookout_at(const struct lookout *l)
{
    return l->link ? INT64_MAX : l->reach_ms;
}

void lookout_later(struct lookout *l)
{
    l->reach_ms = clock_ms() + LOOK_MS;
}

bool lookout_sleep(struct lookout *l, int64_t at, struct pyro_error *err)
{
    int64_t left = at - clock_ms();

    if (!l->link && !lookout_look(l, err))
        return false;
    left = left < LOOK_MS ? left : LOOK_MS;
    loop_run_once(l->loop, left > 0 ? (int)left : 0);
    return true;
}

bool lookout_check_end(const struct lookout *l, struct pyro_error *err)
{
    scoped_record struct workspace_record r = { 0 };

    record_load_any(l->workspace->dir_fd, l->workspace->id, &r);
    return r.state != WORKSPACE_FAILED ||
           pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' failed: %s", l->workspace->id,
                     r.last_error ? r.last_error : "the reason is not known");
}
