/*
 * engine/workspace/figures.c: usage of the workspaces that are shown, once a second. /proc is searched
 * for a supervisor when it is not known or gone, at most every few seconds.
 */
#include "engine/workspace/figures.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/workspace/usage.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define INTERVAL_MS 1000
#define SEARCH_MS 3000

struct entry {
    char id[WORKSPACE_ID_LENGTH + 1];
    char *path;
    bool started;
    struct usage_process vm;
    struct usage_process supervisor;
    struct usage usage; /* at the last look */
    int64_t looked_ms;  /* 0: never */
    struct figures figures;
};

struct workspace_figures {
    struct loop *loop;
    loop_call_fn *fn;
    void *arg;
    struct entry *entries;
    size_t count;
    int64_t searched_ms;
    struct loop_timer timer;
};

static void workspace_figures_on_supervisor(void *arg, const char *id,
                                            struct usage_process supervisor)
{
    struct workspace_figures *f = arg;

    for (size_t i = 0; i < f->count; i++)
        if (!strcmp(f->entries[i].id, id))
            f->entries[i].supervisor = supervisor;
}

/* ---- one workspace ---- */

static uint64_t disk_of(const struct entry *e)
{
    scoped_close int dir_fd = open(e->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return dir_fd < 0 ? 0 : usage_disk_bytes(dir_fd);
}

static void look_at_processes(struct entry *e)
{
    struct usage now = usage_of(e->supervisor, e->vm);
    int64_t now_ms = clock_ms();
    double share = e->looked_ms ? usage_share(&e->usage, &now, now_ms - e->looked_ms) : -1;

    e->figures.memory_bytes = now.memory_bytes;
    e->figures.stopped_pid = now.supervisor_stopped ? e->supervisor.pid : 0;
    if (share >= 0 || !e->looked_ms) /* else that of before is shown once more */
        e->figures.cpu = share;
    e->usage = now;
    e->looked_ms = now_ms;
}

static bool lacks_supervisor(struct entry *e)
{
    if (e->supervisor.pid && !proc_is_alive(e->supervisor.pid, e->supervisor.start_time))
        e->supervisor.pid = 0;
    return e->started && !e->supervisor.pid;
}

static void workspace_figures_sample(void *arg)
{
    struct workspace_figures *f = arg;
    int64_t now = clock_ms();
    bool lacking = false, running = false;

    for (size_t i = 0; i < f->count; i++) {
        lacking |= lacks_supervisor(&f->entries[i]);
        running |= f->entries[i].started;
    }
    if (lacking && (!f->searched_ms || now - f->searched_ms >= SEARCH_MS)) {
        usage_each_supervisor(workspace_figures_on_supervisor, f);
        f->searched_ms = now;
    }
    for (size_t i = 0; i < f->count; i++) {
        struct entry *e = &f->entries[i];
        e->figures.disk_bytes = disk_of(e);
        if (e->started)
            look_at_processes(e);
        else
            e->looked_ms = now,
            e->figures = (struct figures){ .disk_bytes = e->figures.disk_bytes };
    }
    if (running)
        loop_timer_set(f->loop, &f->timer, INTERVAL_MS, workspace_figures_sample, f);
    f->fn(f->arg);
}

/* ---- the figures ---- */

struct workspace_figures *workspace_figures_new(struct loop *loop, loop_call_fn *fn, void *arg)
{
    struct workspace_figures *f = calloc(1, sizeof(*f));

    BUG_ON(!f);
    *f = (struct workspace_figures){ .loop = loop, .fn = fn, .arg = arg };
    return f;
}

static void release_entries(struct entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(entries[i].path);
    free(entries);
}

void workspace_figures_free(struct workspace_figures *f)
{
    if (!f)
        return;
    loop_timer_cancel(f->loop, &f->timer);
    release_entries(f->entries, f->count);
    free(f);
}

static struct entry *find(const struct workspace_figures *f, const char *id)
{
    for (size_t i = 0; i < f->count; i++)
        if (!strcmp(f->entries[i].id, id))
            return &f->entries[i];
    return NULL;
}

void workspace_figures_show(struct workspace_figures *f,
                            struct watched_workspace *const *workspaces, size_t count)
{
    struct entry *entries = calloc(count ? count : 1, sizeof(*entries));
    bool news = false;

    BUG_ON(!entries);
    for (size_t i = 0; i < count; i++) {
        const struct watched_workspace *w = workspaces[i];
        const struct entry *old = find(f, w->record.id);
        bool started = w->record.state == WORKSPACE_STARTED;
        if (old)
            entries[i] = *old;
        else
            memcpy(entries[i].id, w->record.id, sizeof(entries[i].id));
        news |= !old || old->started != started;
        if (old && old->started != started) /* another machine: its time starts again at 0 */
            entries[i].looked_ms = 0;
        entries[i].path = str_printf("%s", w->path);
        entries[i].started = started;
        entries[i].vm = (struct usage_process){ w->record.vm_pid, w->record.vm_start_time };
    }
    release_entries(f->entries, f->count);
    f->entries = entries;
    f->count = count;
    if (!count)
        loop_timer_cancel(f->loop, &f->timer);
    else if (news)
        loop_timer_set(f->loop, &f->timer, 0, workspace_figures_sample, f);
}

const struct figures *workspace_figures_of(const struct workspace_figures *f, const char *id)
{
    const struct entry *e = find(f, id);

    return e && e->looked_ms ? &e->figures : NULL;
}
