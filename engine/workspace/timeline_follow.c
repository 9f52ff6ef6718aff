/* engine/workspace/timeline_follow.c: a timeline, once or for as long as its workspace runs. */
#include "engine/workspace/timeline_follow.h"

#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/client/lookout.h"
#include "engine/state/timeline.h"
#include "vmm/base/fs.h"

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
    if (r.clearing || r.state == WORKSPACE_STARTED || r.state == WORKSPACE_SUSPENDED ||
        r.state == WORKSPACE_CREATED)
        return true;
    if (f->started_again_by && store_is_held(f->o->dir_fd))
        f->started_again_by = clock_ms() + START_AGAIN_MS; /* it is being started */
    return clock_ms() < f->started_again_by;
}

static bool follow(struct following *f, const struct progress *progress, struct pyro_error *err)
{
    scoped_lookout lookout = LOOKOUT_INIT(f->o, progress);

    lookout.passive = true;
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

/* The directory comes with the first entry. */
void timeline_watch_add(struct file_watch *watch, const char *workspace_path)
{
    scoped_free char *dir = str_printf("%s/" TIMELINE_DIR, workspace_path);

    if (!file_watch_add(watch, dir, IN_MODIFY | IN_CREATE))
        file_watch_add(watch, workspace_path, IN_CREATE | IN_ONLYDIR);
}
