/* engine/workspace/wait.c: waiting until a workspace is as somebody wants it. */
#include "engine/workspace/wait.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "engine/client/connect.h"
#include "engine/client/lookout.h"
#include "engine/client/stopped.h"
#include "engine/state/commands.h"
#include "engine/state/shell_files.h"
#include "vmm/base/fs.h"

const char *const workspace_wanted_names[] = { "ready",     "idle",    "attention",
                                               "suspended", "stopped", NULL };

struct idleness {
    bool busy;
};

static void wait_look_at_shell(void *arg, const struct shell_record *r)
{
    struct idleness *i = arg;

    i->busy |= r->running && r->doing != SHELL_WAITS;
}

static bool is_idle(int dir_fd)
{
    struct idleness i = { .busy = commands_any_running(dir_fd) };

    return !i.busy && shell_each(dir_fd, wait_look_at_shell, &i, NULL) && !i.busy;
}

static bool is_as_wanted(int dir_fd, const struct workspace_record *r, enum workspace_wanted wanted)
{
    switch (wanted) {
    case WANTED_READY:
        return r->state == WORKSPACE_STARTED;
    case WANTED_IDLE:
        return r->state == WORKSPACE_STARTED && is_idle(dir_fd);
    case WANTED_ATTENTION:
        return attention_state_of(r->attention) > ATTENTION_WAITS;
    case WANTED_SUSPENDED:
        return r->state == WORKSPACE_SUSPENDED;
    case WANTED_STOPPED:
        return r->state == WORKSPACE_STOPPED;
    }
    return false;
}

/* What stands still by itself: somebody may start what is to be ready, or stop what is suspended. */
static bool can_leave(enum workspace_state state, enum workspace_wanted wanted)
{
    if (state == WORKSPACE_SUSPENDED)
        return wanted == WANTED_READY || wanted == WANTED_STOPPED;
    return state != WORKSPACE_STOPPED || wanted == WANTED_READY;
}

/* One that has ended does not become idle. */
static bool can_become(const struct lookout *l, const struct workspace_record *r,
                       enum workspace_wanted wanted, struct pyro_error *err)
{
    const struct workspace_handle *w = l->workspace;

    if (faccessat(w->store.fd, w->id, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return pyro_fail(err, PYRO_WORKSPACE_NOT_FOUND, "workspace '%s' was deleted", w->id);
    if (!lookout_check_end(l, err))
        return false;
    return can_leave(r->state, wanted) ||
           pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' is %s", w->id,
                     workspace_state_name(r->state));
}

static bool watch_files(const struct lookout *l, struct pyro_error *err)
{
    return lookout_add(l, ".", IN_MOVED_TO | IN_DELETE_SELF, err) &&
           lookout_add(l, SHELLS_DIR, IN_MOVED_TO, err) &&
           lookout_add(l, "commands", IN_MOVED_TO | IN_DELETE, err);
}

json_t *workspace_wait(const char *ref, enum workspace_wanted wanted, int64_t max_ms,
                       const struct progress *progress, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
    scoped_lookout lookout = LOOKOUT_INIT(&w, progress);
    int64_t until = max_ms ? clock_ms() + max_ms : INT64_MAX;

    lookout.passive = true;
    if (!workspace_open(ref, &w, err) || !workspace_recover(&w, err) ||
        !lookout_open(&lookout, err))
        return NULL;
    for (;;) {
        scoped_record struct workspace_record r = { 0 };
        if (!watch_files(&lookout, err))
            return NULL;
        record_load_any(w.dir_fd, w.id, &r);
        if (is_as_wanted(w.dir_fd, &r, wanted))
            return record_to_view(&r);
        if (!can_become(&lookout, &r, wanted, err))
            return NULL;
        if (clock_ms() >= until) {
            pyro_fail(err, PYRO_TIMEOUT, "workspace '%s' is not %s yet", w.id,
                      workspace_wanted_names[wanted]);
            return NULL;
        }
        if (!lookout_sleep(&lookout, until, err))
            return NULL;
    }
}
