/* engine/workspace/undo.c: removing a new workspace. */
#include "engine/workspace/undo.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "vmm/base/fs.h"
#include "vmm/find.h"

#define UNDO_WAIT_MS 20000

void workspace_undo(const struct workspace_handle *w)
{
    const struct timespec rest = { .tv_nsec = 5 * 1000 * 1000 };
    int64_t deadline_ms = clock_ms() + UNDO_WAIT_MS;
    scoped_close int lock = -1;

    while ((lock = fs_lock(w->dir_fd, "lock", FS_LOCK_NOW, NULL)) < 0 && errno == EWOULDBLOCK &&
           clock_ms() < deadline_ms)
        nanosleep(&rest, NULL);
    if (lock < 0)
        return;
    vm_kill_leftover(w->dir_fd, w->id); /* of a supervisor that was killed */
    if (!store_remove(&w->store, w->id, NULL))
        store_sweep(&w->store);
}
