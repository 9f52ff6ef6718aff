/* engine/workspace/fork_start.c: a child for each start, so that several go on at once. */
#include "engine/workspace/fork_start.h"

#include <string.h>
#include <unistd.h>

#include "engine/client/connect.h"
#include "engine/client/ephemeral.h"
#include "engine/helper/host_limits.h"
#include "engine/workspace/undo.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/fs.h"
#include "vmm/base/offload.h"

#define KEEP_MS 10000
#define AT_ONCE_PER_CPU 2

/* Of one that is made: nothing in it is owned. */
static struct workspace_handle handle_of(const struct store *store, const struct fork *fork)
{
    struct workspace_handle w = { .store = *store, .dir_fd = fork->dir_fd };

    memcpy(w.id, fork->record.id, sizeof(w.id));
    return w;
}

/* ---- starting ---- */

struct starting;

struct start {
    struct starting *all;
    struct fork *fork;
    struct offload *work;
};

struct starting {
    struct loop *loop;
    const struct store *store;
    const struct progress *progress;
    struct start *starts;
    size_t count, begun, ended;
    struct pyro_error why; /* of the first that failed */
};

static bool fork_start_run(void *arg, struct pyro_error *err)
{
    struct start *s = arg;
    const struct workspace_handle w = handle_of(s->all->store, s->fork);

    return supervisor_start(&w, take_fd(&s->fork->lock_fd), SUPERVISE_RESTART, NULL, err);
}

static void begin_next(struct starting *all);

static void fork_start_done(void *arg, const struct pyro_error *why)
{
    struct start *s = arg;
    struct starting *all = s->all;
    const struct workspace_handle w = handle_of(all->store, s->fork);
    struct pyro_error err = { 0 };

    s->work = NULL;
    all->ended++;
    if (why)
        err = *why;
    else
        s->fork->hold_fd = ephemeral_hold(&w, &err);
    if (err.code && !all->why.code)
        all->why = err;
    if (!all->why.code)
        begin_next(all);
    if (all->ended == all->begun)
        loop_stop(all->loop);
}

/* The child has the lock from here on, or its supervisor. */
static bool begin_start(struct start *s, struct pyro_error *err)
{
    s->work = offload_start(s->all->loop, fork_start_run, fork_start_done, s, err);
    if (s->work)
        close(take_fd(&s->fork->lock_fd));
    return s->work != NULL;
}

static void begin_next(struct starting *all)
{
    const struct progress_count count = { (int64_t)all->ended, (int64_t)all->count, "forks" };

    progress_update(all->progress, "starting the forks", &count);
    if (all->begun < all->count && begin_start(&all->starts[all->begun], &all->why))
        all->begun++;
}

bool forks_start(const struct store *store, struct fork *forks, size_t count,
                 const struct progress *progress, struct pyro_error *err)
{
    struct starting all = {
        .loop = loop_new(err), .store = store, .progress = progress, .count = count
    };
    size_t at_once = (size_t)host_cpus() * AT_ONCE_PER_CPU;

    if (!all.loop)
        return false;
    all.starts = calloc(count, sizeof(*all.starts));
    BUG_ON(!all.starts);
    for (size_t i = 0; i < count; i++)
        all.starts[i] = (struct start){ .all = &all, .fork = &forks[i] };
    while (all.begun < count && all.begun < at_once && !all.why.code)
        begin_next(&all);
    if (all.begun)
        loop_run(all.loop);
    free(all.starts);
    loop_free(all.loop);
    return !all.why.code || pyro_copy(err, &all.why);
}

/* ---- keeping ---- */

static bool check_names(const struct store *store, const struct fork *forks, size_t count,
                        struct pyro_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct workspace_record *r = &forks[i].record;
        if (r->name && !store_check_name_free(store, r->name, r->id, err))
            return false;
    }
    return true;
}

static json_t *keep(const struct store *store, struct fork *fork, struct pyro_error *err)
{
    const struct workspace_handle w = handle_of(store, fork);
    scoped_json json_t *request = json_pack("{s:s}", "op", "keep");
    json_t *view = supervisor_call(&w, MACHINE_AS_IT_IS, request, clock_ms() + KEEP_MS, err);

    if (view) {
        fork->kept = true;
        close(take_fd(&fork->hold_fd));
    }
    return view;
}

bool forks_keep(const struct store *store, struct fork *forks, size_t count, json_t *list,
                struct pyro_error *err)
{
    /* They were not seen until now: their names may have been taken. */
    scoped_close int names = store_lock(store, err);

    if (names < 0 || !check_names(store, forks, count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        json_t *view = keep(store, &forks[i], err);
        if (!view)
            return false;
        json_array_append_new(list, view);
    }
    return true;
}

/* ---- the end ---- */

void fork_undo(const struct store *store, struct fork *fork)
{
    const struct workspace_handle w = handle_of(store, fork);
    const char *id = fork->record.id;
    bool gone;

    if (fork->lock_fd >= 0) {
        gone = store_remove(store, id, NULL);
    } else if (fork->kept) {
        json_t *result = workspace_delete(id, NULL);
        gone = result != NULL;
        json_decref(result);
    } else if (fork->hold_fd >= 0) {
        gone = ephemeral_end(&w, take_fd(&fork->hold_fd));
    } else {
        workspace_undo(&w);
        gone = true;
    }
    if (!gone)
        fprintf(stderr, "pyro: workspace '%s' could not be removed\n", id);
    fork_release(fork);
}

void fork_release(struct fork *fork)
{
    cleanup_close(&fork->hold_fd);
    cleanup_close(&fork->dir_fd);
    cleanup_close(&fork->lock_fd);
    record_release(&fork->record);
}
