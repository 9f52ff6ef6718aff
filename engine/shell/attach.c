/*
 * engine/shell/attach.c: the user's terminal becomes the shell's.
 *
 * Output comes from the log, as for every reader; only keys and sizes go to the supervisor. The
 * history is replayed from the last point at which the whole screen was known. Nothing in it, nor
 * in live output, makes this terminal answer a query: the supervisor answers (engine/term/query.h).
 */
#include "engine/shell/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/shell/control.h"
#include "engine/shell/own_terminal.h"
#include "engine/shell/redraw.h"
#include "engine/state/shell_files.h"
#include "engine/state/shell_state.h"
#include "engine/term/replay.h"
#include "vmm/base/fs.h"

#define DETACH_KEY 0x1d /* Ctrl-] */
#define DETACH_WAIT_MS 400
#define CHUNK 65536
#define LIVE_GROWTH 8     /* bytes that one may become, with some to spare: U+FFFD has three */
#define SLICE (4 * CHUNK) /* of output a pass, so that keys stay live under a flood */

struct attachment {
    struct loop *loop;
    struct shell_control *control; /* NULL: one that watches, or a shell that has ended */
    const struct workspace_handle *workspace;
    int log_fd, events_fd, notify_fd, in_fd, out_fd;
    const char *shell;
    bool watch, raw, detach_pending, over;
    uint64_t at;            /* offset of the next byte to show */
    uint64_t events_at;     /* position in the events */
    struct alt_notes exits; /* ends of the alternate screen from `at` on: its program is gone */
    struct track track;     /* whether that is on the alternate screen */
    struct replay replay;
    struct loop_timer detach_timer;
    struct loop_deferred more;
    enum attach_end end;
    struct pyro_error *err;
    bool failed;
};

static void leave(struct attachment *a, enum attach_end end)
{
    a->end = end;
    a->over = true;
    loop_stop(a->loop);
}

static void fail(struct attachment *a)
{
    a->failed = true;
    loop_stop(a->loop);
}

static bool show(struct attachment *a, const void *bytes, size_t n)
{
    if (fs_write_all(a->out_fd, bytes, n, a->err))
        return true;
    fail(a);
    return false;
}

/* ---- output ---- */

static bool show_live(struct attachment *a, const char *bytes, size_t n)
{
    scoped_buf out = BUF_INIT(LIVE_GROWTH * (size_t)CHUNK);

    if (!replay_feed(&a->replay, bytes, n, &out)) {
        pyro_no_memory(a->err, "showing the shell");
        fail(a);
        return false;
    }
    return show(a, out.data ? out.data : "", out.len);
}

static void attach_note_event(void *arg, const struct shell_event *e)
{
    struct attachment *a = arg;

    if (e->type == EVENT_ALT && !e->on && e->offset >= a->at)
        BUG_ON(!alt_notes_add(&a->exits, e->offset, false));
}

/* A program that turned the alternate screen on is gone. */
static bool leave_alternate(struct attachment *a)
{
    if (!a->track.alternate)
        return true;
    track_set_alternate(&a->track, false);
    return show(a, OWN_TERMINAL_ALTERNATE_OFF, sizeof(OWN_TERMINAL_ALTERNATE_OFF) - 1);
}

/* Does what the events say about this place. */
static bool apply_exits(struct attachment *a)
{
    size_t n = 0;

    while (n < a->exits.count && a->exits.items[n].offset <= a->at)
        n++;
    if (!n)
        return true;
    a->exits.count -= n;
    memmove(a->exits.items, a->exits.items + n, a->exits.count * sizeof(*a->exits.items));
    return leave_alternate(a);
}

static void attach_show_more(void *arg);

/* The shell has ended and all of its log was shown. */
static void check_end(struct attachment *a)
{
    scoped_shell_record struct shell_record r = { 0 };
    struct stat st;

    if (!shell_record_load(a->workspace->dir_fd, a->shell, &r, a->err)) {
        fail(a);
        return;
    }
    if (!r.running && fstat(a->log_fd, &st) == 0 && (uint64_t)st.st_size <= a->at)
        leave(a, ATTACH_SHELL_ENDED);
}

static void attach_show_more(void *arg)
{
    struct attachment *a = arg;
    char chunk[CHUNK];
    struct stat st;

    /* In this order: an event is written before the bytes behind its place. */
    if (fstat(a->log_fd, &st) != 0)
        st.st_size = 0;
    shell_events_follow(a->events_fd, &a->events_at, attach_note_event, a);
    for (size_t shown = 0; shown < SLICE;) {
        uint64_t end = (uint64_t)st.st_size;
        ssize_t n;
        if (!apply_exits(a))
            return;
        if (a->exits.count && a->exits.items[0].offset < end)
            end = a->exits.items[0].offset;
        n = end <= a->at
                ? 0
                : pread(a->log_fd, chunk, end - a->at < sizeof(chunk) ? end - a->at : sizeof(chunk),
                        (off_t)a->at);
        if (n <= 0) {
            check_end(a);
            return;
        }
        if (!show_live(a, chunk, (size_t)n))
            return;
        track_feed(&a->track, chunk, (size_t)n);
        a->at += (uint64_t)n;
        shown += (size_t)n;
    }
    loop_defer(a->loop, &a->more, attach_show_more, a);
}

static void attach_on_notify(void *arg, uint32_t events UNUSED)
{
    struct attachment *a = arg;
    char drained[4096];

    while (read(a->notify_fd, drained, sizeof(drained)) > 0)
        ;
    attach_show_more(a);
}

static bool replay_history(struct attachment *a, uint64_t first)
{
    scoped_buf out = BUF_INIT(REDRAW_OUT_MAX);
    struct redraw d = {
        .workspace_fd = a->workspace->dir_fd, .log_fd = a->log_fd, .shell = a->shell, .first = first
    };
    struct stat st;

    if (fstat(a->events_fd, &st) != 0)
        return pyro_fail_errno(a->err, "read the events of shell '%s'", a->shell);
    a->events_at = (uint64_t)st.st_size; /* before the log: what comes meanwhile is seen twice */
    if (fstat(a->log_fd, &st) != 0)
        return pyro_fail_errno(a->err, "read the log of shell '%s'", a->shell);
    d.to = (uint64_t)st.st_size > first ? (uint64_t)st.st_size : first;
    replay_init(&a->replay, false);
    if (!redraw_shell(&d, &a->replay, &a->track, &out, a->err))
        return false;
    a->at = d.to;
    a->replay.bells = true; /* old ones do not ring again */
    return fs_write_all(a->out_fd, out.data, out.len, a->err);
}

/* ---- input ---- */

static void attach_detach_now(void *arg)
{
    leave(arg, ATTACH_DETACHED);
}

static void send_keys(struct attachment *a, const char *keys, size_t n)
{
    if (n && a->control && !shell_control_type(a->control, keys, n))
        show(a, "\a", 1); /* the shell does not read: what does not fit is lost, audibly */
}

static void attach_on_keys(void *arg, uint32_t events UNUSED)
{
    struct attachment *a = arg;
    char keys[4096], *at = keys, *found;
    ssize_t n = read(a->in_fd, keys, sizeof(keys));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) { /* the terminal is gone */
        leave(a, ATTACH_DETACHED);
        return;
    }
    if (a->detach_pending) {
        a->detach_pending = false;
        loop_timer_cancel(a->loop, &a->detach_timer);
        if (*at != DETACH_KEY) {
            leave(a, ATTACH_DETACHED);
            return;
        }
        send_keys(a, at++, 1);
    }
    while ((found = memchr(at, DETACH_KEY, (size_t)(keys + n - at)))) {
        send_keys(a, at, (size_t)(found - at));
        at = found + 1;
        if (at == keys + n) {
            a->detach_pending = true;
            loop_timer_set(a->loop, &a->detach_timer, DETACH_WAIT_MS, attach_detach_now, a);
            return;
        }
        if (*at != DETACH_KEY) {
            leave(a, ATTACH_DETACHED);
            return;
        }
        send_keys(a, at++, 1);
    }
    send_keys(a, at, (size_t)(keys + n - at));
}

static void send_size(struct attachment *a)
{
    struct winsize ws;

    if (a->control && ioctl(a->out_fd, TIOCGWINSZ, &ws) == 0 && ws.ws_col && ws.ws_row)
        shell_control_resize(a->control, ws.ws_row, ws.ws_col);
}

static void attach_on_signal(void *arg, const struct signalfd_siginfo *info)
{
    struct attachment *a = arg;

    if (info->ssi_signo == SIGWINCH)
        send_size(a);
    else
        leave(a, ATTACH_DETACHED);
}

/* ---- control ---- */

static void attach_on_lost(void *arg, const struct pyro_error *why)
{
    struct attachment *a = arg;
    scoped_shell_record struct shell_record r = { 0 };

    if (shell_record_load(a->workspace->dir_fd, a->shell, &r, NULL) &&
        !r.running) { /* the rest of its log is still to be shown */
        attach_show_more(a);
        return;
    }
    if (record_state(a->workspace->dir_fd, a->workspace->id) == WORKSPACE_SUSPENDED) {
        pyro_fail(a->err, PYRO_WORKSPACE_STATE, "workspace '%s' was suspended", a->workspace->id);
        pyro_hint(a->err, "attach again: that lets it go on");
    } else {
        pyro_copy(a->err, why);
    }
    if (!a->over)
        fail(a);
}

static bool watch_log(struct attachment *a)
{
    scoped_free char *log = str_printf("/proc/self/fd/%d", a->log_fd);
    scoped_free char *events = str_printf("/proc/self/fd/%d", a->events_fd);
    scoped_free char *dir = str_printf("/proc/self/fd/%d/" SHELLS_DIR, a->workspace->dir_fd);

    a->notify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    /* The directory tells of the record's replacement, and with it of the end. */
    if (a->notify_fd < 0 || inotify_add_watch(a->notify_fd, log, IN_MODIFY) < 0 ||
        inotify_add_watch(a->notify_fd, events, IN_MODIFY) < 0 ||
        inotify_add_watch(a->notify_fd, dir, IN_MOVED_TO) < 0)
        return pyro_fail_errno(a->err, "watch the log of shell '%s'", a->shell);
    return loop_watch(a->loop, a->notify_fd, EPOLLIN, attach_on_notify, a, a->err);
}

static bool run(struct attachment *a, const struct shell_record *r)
{
    const struct own_terminal_spec own = { .in_fd = a->in_fd,
                                           .out_fd = a->out_fd,
                                           .keep_signals = a->watch, /* Ctrl-C leaves */
                                           .shown = &a->track };

    if (!loop_terminal_signals(a->loop, attach_on_signal, a, a->err) || !watch_log(a))
        return false;
    if (!a->watch && r->running) {
        a->control = shell_control_new(a->loop, a->workspace, a->shell, attach_on_lost, a, a->err);
        if (!a->control)
            return false;
    }
    if (!own_terminal_take(&own, a->err))
        return false;
    a->raw = isatty(a->in_fd);
    if (a->raw && !loop_watch(a->loop, a->in_fd, EPOLLIN, attach_on_keys, a, a->err))
        return false;
    if (!replay_history(a, r->first))
        return false;
    send_size(a);
    loop_defer(a->loop, &a->more, attach_show_more, a);
    loop_run(a->loop);
    return !a->failed;
}

bool shell_attach(const struct attach_spec *spec, enum attach_end *ret_end, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_shell_record struct shell_record r = { 0 };
    struct attachment a = { .log_fd = -1,
                            .events_fd = -1,
                            .notify_fd = -1,
                            .in_fd = spec->in_fd,
                            .out_fd = spec->out_fd,
                            .shell = spec->shell,
                            .watch = spec->watch,
                            .err = err };
    bool ok;

    if (!a.watch && (!isatty(a.in_fd) || !isatty(a.out_fd))) {
        pyro_fail(err, PYRO_NO_TERMINAL, "attach needs a terminal");
        return pyro_hint(err, "use --watch, or 'pyro workspace shell read'");
    }
    if (!workspace_open(spec->workspace, &o, err) || !workspace_recover(&o, err) ||
        !shell_record_load(o.dir_fd, a.shell, &r, err))
        return false;
    a.workspace = &o;
    a.log_fd = shell_open_file(o.dir_fd, a.shell, "log", O_RDONLY, err);
    if (a.log_fd >= 0)
        a.events_fd = shell_open_file(o.dir_fd, a.shell, "events", O_RDONLY, err);
    a.loop = a.events_fd >= 0 ? loop_new(err) : NULL;
    ok = a.loop && run(&a, &r);
    own_terminal_give_back();
    shell_control_free(a.control);
    loop_free(a.loop);
    alt_notes_release(&a.exits);
    cleanup_close(&a.log_fd);
    cleanup_close(&a.events_fd);
    cleanup_close(&a.notify_fd);
    if (ok)
        *ret_end = a.end;
    return ok;
}
