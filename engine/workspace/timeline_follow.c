/* engine/workspace/timeline_follow.c: a timeline, once or for as long as its workspace runs. */
#include "engine/workspace/timeline_follow.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/client/lookout.h"
#include "engine/state/timeline.h"
#include "vmm/base/fs.h"

#define PAUSE_MS 50          /* between two calls of a watch */
#define START_AGAIN_MS 10000 /* from the end of a reset to the start that follows it */

struct following {
    const struct workspace_handle *o;
    double since;
    int64_t last, count; /* the number of the last entry given; how many were */
    int64_t resets;
    int64_t started_again_by; /* clock_ms(): until then a reset may start the machine again */
    timeline_entry_fn *fn;
    void *arg;
};

/* Entries as they are shown. */
static json_t *views_of(json_t *entries)
{
    json_t *views = json_array(), *entry;
    size_t i;

    json_array_foreach (entries, i, entry)
        json_array_append_new(views, timeline_view(entry));
    return views;
}

static json_t *read_settled(const struct workspace_handle *o, int64_t after, double since,
                            struct pyro_error *err)
{
    json_t *entries = timeline_read(o->dir_fd, after, since, err);

    if (entries)
        timeline_settle(entries);
    return entries;
}

json_t *workspace_timeline(const char *ref, double since, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_json json_t *entries = NULL;

    if (!workspace_open(ref, &o, err) || !workspace_recover(&o, err))
        return NULL;
    entries = read_settled(&o, 0, since, err);
    if (!entries)
        return NULL;
    return json_pack("{s:s, s:I, s:o}", "workspace_id", o.id, "count",
                     (json_int_t)json_array_size(entries), "entries", views_of(entries));
}

static bool give_new(struct following *f, struct pyro_error *err)
{
    scoped_json json_t *entries = read_settled(f->o, f->last, f->since, err);
    const json_t *entry;
    size_t i;

    if (!entries)
        return false;
    json_array_foreach (entries, i, entry) {
        scoped_json json_t *view = timeline_view(entry);
        f->last = timeline_number(entry);
        f->count++;
        if (!f->fn(f->arg, view, err))
            return false;
    }
    return true;
}

/* Whether more may come. */
static bool goes_on(struct following *f)
{
    scoped_record struct workspace_record r = { 0 };

    if (!record_load(f->o->dir_fd, f->o->id, &r, NULL))
        return false;
    if (r.reset_count != f->resets)
        f->started_again_by = clock_ms() + START_AGAIN_MS;
    f->resets = r.reset_count;
    if (r.clearing || r.state == WORKSPACE_STARTED || r.state == WORKSPACE_CREATED)
        return true;
    if (f->started_again_by && store_is_held(f->o->dir_fd))
        f->started_again_by = clock_ms() + START_AGAIN_MS; /* it is being started */
    return clock_ms() < f->started_again_by;
}

static bool follow(struct following *f, const struct progress *progress, struct pyro_error *err)
{
    scoped_lookout lookout = LOOKOUT_INIT(f->o, progress);

    if (!lookout_open(&lookout, err))
        return false;
    for (;;) {
        bool more = goes_on(f);
        if (!lookout_add(&lookout, TIMELINE_DIR, IN_MODIFY | IN_CREATE, err) || !give_new(f, err))
            return false;
        if (!more)
            return lookout_check_end(&lookout, err);
        if (!lookout_sleep(&lookout, INT64_MAX, err))
            return false;
    }
}

json_t *workspace_timeline_follow(const char *ref, double since, timeline_entry_fn *fn, void *arg,
                                  const struct progress *progress, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct following f = { .o = &o, .since = since, .fn = fn, .arg = arg };
    scoped_record struct workspace_record r = { 0 };

    if (!workspace_open(ref, &o, err) || !workspace_recover(&o, err) ||
        !record_load(o.dir_fd, o.id, &r, err))
        return NULL;
    f.resets = r.reset_count;
    if (!follow(&f, progress, err))
        return NULL;
    return json_pack("{s:s, s:I, s:[]}", "workspace_id", o.id, "count", (json_int_t)f.count,
                     "entries");
}

/* ---- on a loop ---- */

struct timeline_watch {
    struct loop *loop;
    loop_call_fn *fn;
    void *arg;
    char *path;
    int fd;
    struct loop_timer pause;
};

/* The directory comes with the first entry. */
static void watch_dir(struct timeline_watch *watch)
{
    scoped_free char *dir = str_printf("%s/" TIMELINE_DIR, watch->path);

    if (inotify_add_watch(watch->fd, dir, IN_MODIFY | IN_CREATE) < 0)
        inotify_add_watch(watch->fd, watch->path, IN_CREATE | IN_ONLYDIR);
}

static void timeline_follow_on_pause_end(void *arg)
{
    struct timeline_watch *watch = arg;

    loop_rewatch(watch->loop, watch->fd, EPOLLIN);
}

static void timeline_follow_on_events(void *arg, uint32_t events UNUSED)
{
    struct timeline_watch *watch = arg;
    char bytes[4096];

    while (read(watch->fd, bytes, sizeof(bytes)) > 0)
        ;
    loop_rewatch(watch->loop, watch->fd, 0);
    loop_timer_set(watch->loop, &watch->pause, PAUSE_MS, timeline_follow_on_pause_end, watch);
    watch_dir(watch);
    watch->fn(watch->arg);
}

struct timeline_watch *timeline_watch_new(struct loop *loop, const char *workspace_path,
                                          loop_call_fn *fn, void *arg, struct pyro_error *err)
{
    struct timeline_watch *watch = calloc(1, sizeof(*watch));

    BUG_ON(!watch);
    *watch = (struct timeline_watch){
        .loop = loop, .fn = fn, .arg = arg, .path = str_printf("%s", workspace_path)
    };
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd < 0) {
        pyro_fail_errno(err, "watch the timeline");
    } else if (loop_watch(loop, watch->fd, EPOLLIN, timeline_follow_on_events, watch, err)) {
        watch_dir(watch);
        return watch;
    }
    timeline_watch_free(watch);
    return NULL;
}

void timeline_watch_free(struct timeline_watch *watch)
{
    if (!watch)
        return;
    loop_timer_cancel(watch->loop, &watch->pause);
    if (watch->fd >= 0) {
        loop_unwatch(watch->loop, watch->fd);
        close(watch->fd);
    }
    free(watch->path);
    free(watch);
}
