/* engine/state/reset.c: the commit of a reset, and its clean-up. */
#include "engine/state/reset.h"

#include <sys/stat.h>

#include "engine/state/shell_cursor.h"
#include "engine/state/timeline.h"
#include "vmm/base/check_step.h"
#include "vmm/base/fs.h"

static const char *const history[] = { "shells", "services", "commands" };

/* The history in the record alone. */
static void forget(struct workspace_record *r)
{
    json_decref(r->last_command);
    r->last_command = NULL;
    r->command_count = 0;
    r->shell_count = 0;
    r->service_count = r->running_service_count = 0;
    json_decref(r->news);
    r->news = NULL;
}

bool disk_reset_commit(int dirfd, struct workspace_record *r, const char *snapshot, bool memory,
                       struct pyro_error *err)
{
    struct disk_layer base = { .path = r->base_path, .format = DISK_RAW };
    uint32_t below, active = r->disk.active;
    bool used = r->used, clearing = r->clearing;
    double last_reset_at = r->last_reset_at;
    scoped_free char *resume_from = r->resume_from ? str_printf("%s", r->resume_from) : NULL;
    uint64_t size;

    if (!r->base_path)
        return pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' has no disk", r->id);
    if (!disk_layers_resolve(&r->disk, snapshot, &below, err) ||
        !disk_virtual_size(&base, &size, err) ||
        !disk_layers_push(dirfd, &r->disk, below, size, err))
        return false;
    r->used = memory || below != r->disk.origin; /* an empty layer on the environment is like new */
    r->clearing = true;
    record_set_string(&r->resume_from, memory ? snapshot : NULL);
    r->reset_count++;
    r->last_reset_at = r->last_activity_at = clock_wall();
    if (record_save(dirfd, r, true, err)) {
        check_step("reset-committed");
        timeline_add(dirfd, TIMELINE_ENTRY(TIMELINE_RESET, .id = snapshot));
        return true;
    }
    r->used = used;
    r->clearing = clearing;
    record_set_string(&r->resume_from, resume_from);
    r->reset_count--;
    r->last_reset_at = last_reset_at;
    disk_layers_undo_push(dirfd, &r->disk, active);
    return false;
}

static bool has_memory(const struct workspace_record *r)
{
    for (size_t i = 0; i < r->disk.snapshot_count; i++)
        if (r->disk.snapshots[i].memory)
            return true;
    return false;
}

/* Shells may come back with a snapshot: cursors of what is removed now are not theirs then. It is
 * on the disk before anything is gone. */
static bool keep_cursors(int dirfd, struct workspace_record *r, struct pyro_error *err)
{
    uint64_t before = r->cursors;

    if (!has_memory(r))
        return true;
    return shell_cursors_raise(dirfd, &r->cursors, err) &&
           (r->cursors == before || record_save(dirfd, r, true, err));
}

bool disk_reset_finish(int dirfd, struct workspace_record *r, struct pyro_error *err)
{
    if (r->clearing) {
        if (!keep_cursors(dirfd, r, err))
            return false;
        for (size_t i = 0; i < ARRAY_SIZE(history); i++)
            if (!fs_remove_tree(dirfd, history[i], err))
                return false;
        if (mkdirat(dirfd, "commands", 0700) != 0)
            return pyro_fail_errno(err, "clear the history");
        forget(r);
        r->clearing = false;
        check_step("reset-cleared");
    }
    disk_layers_collect(&r->disk);
    disk_layers_sweep(dirfd, &r->disk);
    return true;
}
