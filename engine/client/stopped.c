/* engine/client/stopped.c: workspaces as users see them, and stopped ones. */
#include "engine/client/stopped.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "engine/client/recover.h"
#include "engine/helper/host_limits.h"
#include "vmm/base/fs.h"

#define LOCK_WAIT_MS 10000

json_t *workspace_view(const struct workspace_handle *w, struct pyro_error *err)
{
    scoped_record struct workspace_record r = { 0 };

    if (!workspace_recover(w, err))
        return NULL;
    record_load_any(w->dir_fd, w->id, &r);
    return record_to_view(&r);
}

static bool is_spare(const struct workspace_handle *w)
{
    scoped_record struct workspace_record r = { 0 };

    record_load_any(w->dir_fd, w->id, &r);
    return r.spare;
}

static bool fail_held(const struct workspace_handle *w, struct pyro_error *err)
{
    if (is_spare(w))
        return record_fail_spare(w->id, err);
    return pyro_fail(err, PYRO_WORKSPACE_BUSY, "workspace '%s' is held by another pyro", w->id);
}

/* Waits for the lock of a stopped workspace; a holder that stops it unlocks soon, one that starts
 * it keeps it: then PYRO_WORKSPACE_BUSY. */
int workspace_lock_stopped(const struct workspace_handle *w, struct pyro_error *err)
{
    int64_t deadline = clock_ms() + LOCK_WAIT_MS;
    struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };
    struct pyro_error why = { 0 };
    int fd;

    while ((fd = fs_lock(w->dir_fd, "lock", FS_LOCK_NOW, &why)) < 0 && errno == EWOULDBLOCK &&
           clock_ms() < deadline && record_state(w->dir_fd, w->id) != WORKSPACE_STARTED)
        nanosleep(&pause, NULL);
    if (fd < 0 && pyro_is(&why, PYRO_WORKSPACE_BUSY))
        fail_held(w, err);
    else if (fd < 0)
        record_fail(w->dir_fd, w->id, &why, err);
    if (fd >= 0 && faccessat(w->store.fd, w->id, F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
        close(fd);
        pyro_fail(err, PYRO_WORKSPACE_NOT_FOUND, "workspace '%s' has just been deleted", w->id);
        return -1;
    }
    return fd;
}

bool workspace_check_unsuspended(const struct workspace_handle *w, enum workspace_state state,
                                 struct pyro_error *err)
{
    if (state != WORKSPACE_SUSPENDED)
        return true;
    pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' is suspended", w->id);
    return pyro_hint(err,
                     "'pyro workspace start %s' lets it go on; 'pyro workspace stop %s' drops its "
                     "memory and keeps its disk",
                     w->id, w->id);
}

static bool check_stopped(const struct workspace_handle *w, struct pyro_error *err)
{
    enum workspace_state state = record_state(w->dir_fd, w->id);

    if (state != WORKSPACE_STARTED && state != WORKSPACE_CREATED)
        return workspace_check_unsuspended(w, state, err);
    if (is_spare(w))
        return record_fail_spare(w->id, err);
    pyro_fail(err, PYRO_WORKSPACE_STATE, "workspace '%s' is running", w->id);
    return pyro_hint(err, "stop it first: 'pyro workspace stop %s'", w->id);
}

int workspace_require_stopped(const struct workspace_handle *w, struct pyro_error *err)
{
    scoped_close int lock = -1;

    if (!workspace_recover(w, err) || !check_stopped(w, err))
        return -1;
    lock = workspace_lock_stopped(w, err);
    return lock >= 0 && check_stopped(w, err) ? take_fd(&lock) : -1;
}

bool workspace_resume(const struct workspace_handle *w, struct pyro_error *err)
{
    scoped_close int lock = workspace_lock_stopped(w, err);
    scoped_record struct workspace_record r = { 0 };

    if (lock < 0 || !record_load(w->dir_fd, w->id, &r, err))
        return false;
    return r.state != WORKSPACE_SUSPENDED || /* somebody was faster */
           (host_check_machine(r.vcpu_count, r.mem_mib, err) &&
            supervisor_start(w, take_fd(&lock), SUPERVISE_RESTART, NULL, err));
}

bool workspace_start_stopped(const struct workspace_handle *w, bool held,
                             const struct progress *progress, struct pyro_error *err)
{
    scoped_close int lock = workspace_lock_stopped(w, err);
    scoped_record struct workspace_record r = { 0 };
    enum supervise_mode mode;

    if (lock < 0 || !record_load(w->dir_fd, w->id, &r, err) ||
        (!r.host_compat && !host_check_machine(r.vcpu_count, r.mem_mib, err)))
        return false;
    mode = r.state == WORKSPACE_STARTED ? SUPERVISE_ADOPT /* its supervisor died just now */
           : r.used                     ? SUPERVISE_RESTART
                                        : SUPERVISE_FRESH;
    r.held |= held;
    return (!held || record_save(w->dir_fd, &r, false, err)) &&
           supervisor_start(w, take_fd(&lock), mode, progress, err);
}
