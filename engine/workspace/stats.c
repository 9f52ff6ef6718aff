/* engine/workspace/stats.c: one look at all records, and at what those that run use. */
#include "engine/workspace/stats.h"

#include <stdlib.h>
#include <string.h>

#include "engine/state/store.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

struct taking {
    const struct store *store;
    const json_t *ids;
    struct workspace_stats *stats;
    size_t room;
};

static bool is_wanted(const struct taking *t, const struct workspace_record *r)
{
    if (!t->ids)
        return r->state == WORKSPACE_STARTED;
    for (size_t i = 0; i < json_array_size(t->ids); i++)
        if (!strcmp(json_string_value(json_array_get(t->ids, i)), r->id))
            return true;
    return false;
}

/* Its machine and its supervisor are gone: the next command will say that it failed. */
static bool is_lost(const struct taking *t, const struct workspace_record *r)
{
    scoped_close int dir_fd = -1;

    if (r->state != WORKSPACE_STARTED || proc_is_alive(r->vm_pid, r->vm_start_time))
        return false;
    dir_fd = store_open_workspace(t->store, r->id, NULL);
    return dir_fd >= 0 && !store_is_held(dir_fd);
}

static void add(struct taking *t, const struct workspace_record *r, enum workspace_state state)
{
    struct workspace_stats *stats = t->stats;
    struct workspace_stat *s;

    if (stats->count == t->room) {
        t->room = t->room ? 2 * t->room : 16;
        stats->items = realloc(stats->items, t->room * sizeof(*stats->items));
        BUG_ON(!stats->items);
    }
    s = &stats->items[stats->count++];
    *s = (struct workspace_stat){ .name = r->name ? str_printf("%s", r->name) : NULL,
                                  .state = state,
                                  .commands = r->command_count,
                                  .running_commands = r->running_command_count,
                                  .shells = r->shell_count,
                                  .running_services = r->running_service_count,
                                  .vm = { r->vm_pid, r->vm_start_time } };
    memcpy(s->id, r->id, sizeof(s->id));
}

static void stats_take_one(void *arg, const struct workspace_record *r)
{
    struct taking *t = arg;
    enum workspace_state state = is_lost(t, r) ? WORKSPACE_FAILED : r->state;

    t->stats->states[state]++;
    t->stats->attention[attention_state_of(record_attention(r))]++;
    if (is_wanted(t, r))
        add(t, r, state);
}

static void stats_on_supervisor(void *arg, const char *id, struct usage_process supervisor)
{
    struct workspace_stats *stats = arg;

    for (size_t i = 0; i < stats->count; i++)
        if (!strcmp(stats->items[i].id, id))
            stats->items[i].supervisor = supervisor;
}

static void look_at(const struct store *store, struct workspace_stat *s)
{
    scoped_close int dir_fd = store_open_workspace(store, s->id, NULL);

    if (dir_fd >= 0)
        s->disk_bytes = usage_disk_bytes(dir_fd);
    s->at_ms = clock_ms();
    if (s->state != WORKSPACE_STARTED)
        return;
    s->usage = usage_of(s->supervisor, s->vm);
    if (dir_fd >= 0)
        s->network = usage_of_network(dir_fd);
}

bool workspace_stats_take(const json_t *ids, struct workspace_stats *ret, struct pyro_error *err)
{
    scoped_store struct store store = { .fd = -1 };
    struct taking t = { .store = &store, .ids = ids, .stats = ret };

    *ret = (struct workspace_stats){ 0 };
    if (!store_open(&store, err) || !store_each(&store, STORE_BRIEF, stats_take_one, &t, err)) {
        workspace_stats_release(ret);
        return false;
    }
    if (ret->count)
        usage_each_supervisor(stats_on_supervisor, ret);
    for (size_t i = 0; i < ret->count; i++)
        look_at(&store, &ret->items[i]);
    return true;
}

void workspace_stats_release(struct workspace_stats *stats)
{
    for (size_t i = 0; i < stats->count; i++)
        free(stats->items[i].name);
    free(stats->items);
    *stats = (struct workspace_stats){ 0 };
}

const struct workspace_stat *workspace_stats_find(const struct workspace_stats *stats,
                                                  const char *id)
{
    for (size_t i = 0; i < stats->count; i++)
        if (!strcmp(stats->items[i].id, id))
            return &stats->items[i];
    return NULL;
}

double workspace_stat_cpu(const struct workspace_stat *before, const struct workspace_stat *now)
{
    if (now->state != WORKSPACE_STARTED)
        return 0;
    return before ? usage_share(&before->usage, &now->usage, now->at_ms - before->at_ms) : -1;
}
