/*
 * engine/shell/live.c: from a shell's files to a pane.
 *
 * The order of looks makes it right without a lock: first the log's size, then the events. A
 * resize's event is written before any output that follows it, so the sizes for all bytes below
 * that size are known.
 */
#include "engine/shell/live.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "engine/state/shell_notes.h"
#include "engine/term/screen.h"
#include "engine/term/tail.h"
#include "vmm/base/fs.h"

#define INTERVAL_MS 10
#define MUTE_MS 50 /* from this interval on, notifications are not looked at in between */
/* Of the log's end, where the first screen's start is looked for. */
#define WINDOW ((uint64_t)4 * SCREEN_LOOK_BACK)
#define SKIM_FROM ((uint64_t)1 << 20)  /* of backlog: then output that scrolls away is skipped */
#define DROP_FROM ((uint64_t)16 << 20) /* then even what cannot be known to scroll away */
#define PASS ((size_t)4 * PANE_BYTES_MAX)
#define STOPS_MAX 1024
/* Screens a pane has room for without another child. */
#define ROWS_ROOM 100
#define COLS_ROOM 300

/* A place where the terminal changes without a sequence of the log. */
struct stop {
    uint64_t offset;
    int rows, cols; /* its new size; 0: the program on the alternate screen is gone */
};

struct live {
    struct loop *loop;
    const struct live_ops *ops;
    void *arg;
    int workspace_fd, log_fd, events_fd, notify_fd;
    int log_watch;
    char id[SHELL_ID_MAX + 1];
    struct shell_record record;
    struct pane *pane;
    struct pane_view empty; /* while there is no pane */
    struct pane_rect rect;
    struct pyro_error failure;
    uint64_t at, size, events_at;
    uint64_t skim_to; /* output below is skipped, */
    uint64_t draw_to; /* and from there to here drawn in any case */
    struct stop *stops;
    size_t stop_count;
    int rows, cols; /* what the pane has been told */
    int64_t interval_ms, painted_ms;
    bool paused, unpainted, shown, muted;
    struct loop_timer paint_timer, wake_timer;
    struct loop_deferred pump_call, restart_call;
    char *space; /* of WINDOW bytes */
};

static void live_pump(void *arg);
static void start_over(struct live *l);

static void changed(struct live *l)
{
    l->ops->changed(l->arg);
}

static void fail(struct live *l, const struct pyro_error *why)
{
    l->failure = *why;
    changed(l);
}

/* ---- what the files say ---- */

static void look_at_size(struct live *l)
{
    struct stat st;

    if (fstat(l->log_fd, &st) == 0 && (uint64_t)st.st_size > l->size)
        l->size = (uint64_t)st.st_size;
}

static void look_at_record(struct live *l)
{
    struct shell_record r;

    if (!shell_record_load(l->workspace_fd, l->id, &r, NULL))
        return; /* its workspace is being removed, which others report */
    shell_record_release(&l->record);
    l->record = r;
    changed(l);
}

static void live_note_event(void *arg, const struct shell_event *e)
{
    struct live *l = arg;
    bool is_resize = e->type == EVENT_RESIZE;

    if (!is_resize && (e->type != EVENT_ALT || e->on))
        return;
    if (l->stop_count == STOPS_MAX) /* only the last one is seen for long */
        l->stop_count--;
    l->stops[l->stop_count++] =
        (struct stop){ e->offset, is_resize ? e->rows : 0, is_resize ? e->cols : 0 };
}

static void look_at_events(struct live *l)
{
    shell_events_follow(l->events_fd, &l->events_at, live_note_event, l);
}

/* Where in the log's last bytes drawing has to begin: see term_find_tail(). */
static uint64_t tail_start(struct live *l, uint64_t from)
{
    size_t want = l->size - from < WINDOW ? (size_t)(l->size - from) : (size_t)WINDOW;
    uint64_t start = l->size - want;
    ssize_t n = fs_pread_full(l->log_fd, l->space, want, (off_t)start);
    size_t rows = (size_t)l->rows, tail;

    if (n <= 0)
        return from;
    for (size_t i = 0; i < l->stop_count; i++)
        if ((size_t)l->stops[i].rows > rows)
            rows = (size_t)l->stops[i].rows;
    tail = term_find_tail(l->space, (size_t)n, 3 * rows);
    return tail < (size_t)n ? start + tail : 0;
}

/* ---- drawing ---- */

static void live_on_paint_time(void *arg)
{
    struct live *l = arg;

    /* While no part of it is wanted there is nothing to paint. */
    if (l->pane && l->rect.rows && l->unpainted && !l->paused &&
        (l->shown || l->at >= l->draw_to)) {
        l->unpainted = false;
        l->painted_ms = clock_ms();
        pane_paint(l->pane);
    }
}

static void want_paint(struct live *l)
{
    int64_t left = l->painted_ms + l->interval_ms - clock_ms();

    if (left <= 0)
        live_on_paint_time(l);
    else if (!l->paint_timer.armed)
        loop_timer_set(l->loop, &l->paint_timer, left, live_on_paint_time, l);
}

/* Skips output that would scroll away before it is drawn; else the backlog grows without end. */
static void catch_up(struct live *l)
{
    uint64_t tail;

    if (l->at < l->record.first)
        l->at = l->record.first;
    if (l->at < l->draw_to || l->size - l->at < SKIM_FROM)
        return;
    l->draw_to = l->size;
    tail = tail_start(l, l->at);
    if (tail > l->at)
        l->skim_to = tail;
    else if (l->size - l->at >= DROP_FROM)
        l->skim_to = l->size - WINDOW;
}

/* Applies the changes at this place; false when the pane has no room for its new size. */
static bool apply_stops(struct live *l)
{
    static const char leave_alternate[] = "\033[?1049l";
    bool resized = false, left = false;
    size_t n = 0;

    for (; n < l->stop_count && l->stops[n].offset <= l->at; n++) {
        const struct stop *stop = &l->stops[n];
        if (stop->rows) {
            l->rows = stop->rows;
            l->cols = stop->cols;
        }
        resized |= stop->rows != 0;
        left |= stop->rows == 0;
    }
    if (!n)
        return true;
    memmove(l->stops, l->stops + n, (l->stop_count - n) * sizeof(*l->stops));
    l->stop_count -= n;
    l->unpainted = true;
    if (left)
        pane_feed(l->pane, PANE_FEED, leave_alternate, sizeof(leave_alternate) - 1);
    return !resized || pane_resize(l->pane, l->rows, l->cols);
}

/* The next stretch that is drawn in one manner at one size. */
static bool feed_some(struct live *l)
{
    enum pane_frame kind = PANE_FEED;
    uint64_t end = l->size;
    ssize_t n;

    if (l->stop_count && l->stops[0].offset < end)
        end = l->stops[0].offset;
    if (l->at < l->skim_to) {
        kind = PANE_SKIM;
        end = end < l->skim_to ? end : l->skim_to;
    }
    if (end <= l->at)
        return false;
    n = fs_pread_full(l->log_fd, l->space,
                      end - l->at < PANE_BYTES_MAX ? (size_t)(end - l->at) : PANE_BYTES_MAX,
                      (off_t)l->at);
    if (n <= 0)
        return false;
    pane_feed(l->pane, kind, l->space, (size_t)n);
    l->at += (uint64_t)n;
    l->unpainted = true;
    return true;
}

static void live_pump(void *arg)
{
    struct live *l = arg;
    uint64_t from = l->at;

    if (!l->pane || pane_has_failed(l->pane) || l->paused)
        return;
    catch_up(l);
    while (pane_is_ready(l->pane) && l->at - from < PASS) {
        if (!apply_stops(l)) {
            live_restart(l);
            return;
        }
        if (!feed_some(l))
            break;
    }
    if (l->unpainted)
        want_paint(l);
}

static void live_on_painted(void *arg)
{
    struct live *l = arg;

    l->shown = true;
    changed(l);
}

static void live_on_ready(void *arg)
{
    struct live *l = arg;

    if (l->at < l->size || l->stop_count)
        loop_defer(l->loop, &l->pump_call, live_pump, l);
}

static void live_on_failed(void *arg, const struct pyro_error *why)
{
    fail(arg, why);
}

/* ---- notifications ---- */

static void refresh(struct live *l)
{
    look_at_size(l);
    look_at_events(l);
    live_pump(l);
}

static void live_on_wake(void *arg)
{
    struct live *l = arg;

    l->muted = false;
    if (!l->paused)
        loop_rewatch(l->loop, l->notify_fd, EPOLLIN);
}

/* Whether the record was replaced. */
static bool drain(struct live *l)
{
    char bytes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    char name[SHELL_ID_MAX + 8];
    bool record = false;
    ssize_t n;

    snprintf(name, sizeof(name), "%s.json", l->id);
    while ((n = read(l->notify_fd, bytes, sizeof(bytes))) > 0)
        for (char *at = bytes; at < bytes + n;) {
            const struct inotify_event *e = (const void *)at;
            bool lost = e->mask & IN_Q_OVERFLOW;
            record |= lost || (e->len && strcmp(e->name, name) == 0);
            at += sizeof(*e) + e->len;
        }
    return record;
}

static void live_on_notify(void *arg, uint32_t events UNUSED)
{
    struct live *l = arg;

    if (drain(l))
        look_at_record(l);
    refresh(l);
    if (l->interval_ms >= MUTE_MS && !l->muted) {
        l->muted = true;
        loop_rewatch(l->loop, l->notify_fd, 0);
        loop_timer_set(l->loop, &l->wake_timer, l->interval_ms, live_on_wake, l);
    }
}

static bool watch_files(struct live *l, struct pyro_error *err)
{
    scoped_free char *log = str_printf("/proc/self/fd/%d", l->log_fd);
    scoped_free char *events = str_printf("/proc/self/fd/%d", l->events_fd);
    scoped_free char *dir = str_printf("/proc/self/fd/%d/" SHELLS_DIR, l->workspace_fd);

    l->notify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (l->notify_fd < 0 || inotify_add_watch(l->notify_fd, log, IN_MODIFY) < 0 ||
        inotify_add_watch(l->notify_fd, events, IN_MODIFY) < 0 ||
        inotify_add_watch(l->notify_fd, dir, IN_MOVED_TO) < 0)
        return pyro_fail_errno(err, "watch shell '%s'", l->id);
    return loop_watch(l->loop, l->notify_fd, EPOLLIN, live_on_notify, l, err);
}

/* ---- life ---- */

static void take_stops(struct live *l, const struct shell_notes *notes)
{
    struct plain_options options = shell_notes_options(notes, false);
    size_t resizes = 0, exits = 0;
    struct plain_stop stop;

    l->stop_count = 0;
    while (plain_next_stop(&options, SIZE_MAX, &resizes, &exits, &stop)) {
        struct shell_event e = { .type = stop.resize ? EVENT_RESIZE : EVENT_ALT,
                                 .offset = l->at + stop.offset,
                                 .rows = stop.resize ? stop.resize->rows : 0,
                                 .cols = stop.resize ? stop.resize->cols : 0 };
        live_note_event(l, &e);
    }
}

/* Where drawing begins in the log's last bytes: see shell_notes_load_screen(). */
static size_t screen_start(const struct live *l, const struct shell_notes *notes)
{
    size_t n = (size_t)(l->size - l->at), start = screen_find_start(l->space, n);

    return notes->exit_count && notes->exits[notes->exit_count - 1] > start ? screen_look_back(n)
                                                                            : start;
}

static bool start_pane(struct live *l, struct pyro_error *err)
{
    static const struct pane_ops ops = { .painted = live_on_painted,
                                         .ready = live_on_ready,
                                         .failed = live_on_failed };
    struct pane_options options = { .rows_max = ROWS_ROOM, .cols_max = COLS_ROOM };
    struct shell_notes notes;
    uint64_t tail;
    struct stat st;

    look_at_size(l);
    l->at = l->size > WINDOW ? l->size - WINDOW : 0;
    if (l->at < l->record.first)
        l->at = l->record.first;
    l->events_at = fstat(l->events_fd, &st) == 0 ? (uint64_t)st.st_size : 0;
    if (!shell_notes_load(l->workspace_fd, l->id, l->at, UINT64_MAX, &notes, err))
        return false;
    take_stops(l, &notes);
    l->rows = notes.rows;
    l->cols = notes.cols;
    options.start = (struct pane_child_start){ .rows = l->rows,
                                               .cols = l->cols,
                                               .alternate = notes.alt_screen,
                                               .in_string = notes.in_string };
    for (size_t i = 0; i < notes.resize_count; i++) {
        if (notes.resizes[i].rows > options.rows_max)
            options.rows_max = notes.resizes[i].rows;
        if (notes.resizes[i].cols > options.cols_max)
            options.cols_max = notes.resizes[i].cols;
    }
    l->draw_to = l->size;
    tail = tail_start(l, l->at);
    l->skim_to = tail > l->at ? tail : l->at + screen_start(l, &notes);
    shell_notes_release(&notes);
    l->pane = pane_new(l->loop, &options, &ops, l, err);
    return l->pane && (pane_set_rect(l->pane, &l->rect) || pyro_no_memory(err, "drawing a shell"));
}

static void start_over(struct live *l)
{
    struct pyro_error why = { 0 };

    pane_free(l->pane);
    l->pane = NULL;
    l->failure.code = PYRO_OK;
    l->shown = false;
    l->unpainted = true;
    l->painted_ms = 0;
    if (!start_pane(l, &why))
        fail(l, &why);
    live_pump(l);
}

static void live_on_restart(void *arg)
{
    start_over(arg);
    changed(arg);
}

void live_restart(struct live *l)
{
    loop_defer(l->loop, &l->restart_call, live_on_restart, l);
}

struct live *live_new(struct loop *loop, int workspace_fd, const char *shell,
                      const struct live_ops *ops, void *arg, struct pyro_error *err)
{
    struct live *l = calloc(1, sizeof(*l));
    bool ok;

    BUG_ON(!l);
    *l = (struct live){ .loop = loop,
                        .ops = ops,
                        .arg = arg,
                        .workspace_fd = fcntl(workspace_fd, F_DUPFD_CLOEXEC, 3),
                        .log_fd = -1,
                        .events_fd = -1,
                        .notify_fd = -1,
                        .interval_ms = INTERVAL_MS };
    l->space = malloc(WINDOW);
    l->stops = calloc(STOPS_MAX, sizeof(*l->stops));
    BUG_ON(!l->space || !l->stops);
    snprintf(l->id, sizeof(l->id), "%s", shell);
    ok = shell_record_load(workspace_fd, shell, &l->record, err);
    if (ok)
        l->log_fd = shell_open_file(workspace_fd, shell, "log", O_RDONLY, err);
    if (l->log_fd >= 0)
        l->events_fd = shell_open_file(workspace_fd, shell, "events", O_RDONLY, err);
    if (!ok || l->events_fd < 0 || !watch_files(l, err)) {
        live_free(l);
        return NULL;
    }
    start_over(l);
    return l;
}

void live_free(struct live *l)
{
    if (!l)
        return;
    loop_timer_cancel(l->loop, &l->paint_timer);
    loop_timer_cancel(l->loop, &l->wake_timer);
    loop_defer_cancel(l->loop, &l->pump_call);
    loop_defer_cancel(l->loop, &l->restart_call);
    pane_free(l->pane);
    pane_view_release(&l->empty);
    if (l->notify_fd >= 0) {
        loop_unwatch(l->loop, l->notify_fd);
        close(l->notify_fd);
    }
    if (l->events_fd >= 0)
        close(l->events_fd);
    if (l->log_fd >= 0)
        close(l->log_fd);
    close(l->workspace_fd);
    shell_record_release(&l->record);
    free(l->space);
    free(l->stops);
    free(l);
}

bool live_set_rect(struct live *l, const struct pane_rect *rect)
{
    if (memcmp(&l->rect, rect, sizeof(*rect)) == 0)
        return true;
    l->rect = *rect;
    if (!pane_view_set_rect(&l->empty, rect) || (l->pane && !pane_set_rect(l->pane, rect)))
        return false;
    l->unpainted = true;
    l->painted_ms = 0;
    want_paint(l);
    return true;
}

void live_set_interval(struct live *l, int64_t interval_ms)
{
    l->interval_ms = interval_ms;
}

void live_set_paused(struct live *l, bool paused)
{
    if (l->paused == paused)
        return;
    l->paused = paused;
    loop_timer_cancel(l->loop, &l->wake_timer);
    l->muted = false;
    loop_rewatch(l->loop, l->notify_fd, paused ? 0 : EPOLLIN);
    if (paused)
        return;
    look_at_record(l);
    l->unpainted = true;
    refresh(l);
}

const struct pane_view *live_view(const struct live *l)
{
    return l->pane ? pane_view(l->pane) : &l->empty;
}

void live_drawn(struct live *l)
{
    if (l->pane)
        pane_view_drawn(l->pane);
}

const struct shell_record *live_record(const struct live *l)
{
    return &l->record;
}

const struct pyro_error *live_failure(const struct live *l)
{
    return l->failure.code ? &l->failure : NULL;
}

uint64_t live_size(const struct live *l)
{
    return l->size;
}

bool live_is_shown(const struct live *l)
{
    return l->shown;
}
