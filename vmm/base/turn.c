/* vmm/base/turn.c: waiting for a lock, with a message and within a limit. */
#include "vmm/base/turn.h"

#include "vmm/base/fs.h"
#include "vmm/base/patience.h"

int turn_wait(int dirfd, const char *name, const struct turn *turn, struct pyro_error *err)
{
    int64_t limit_ms = patience(turn->limit_ms);
    struct pyro_error why = { 0 };
    int fd = fs_lock(dirfd, name, FS_LOCK_NOW, &why);

    if (fd < 0 && why.code == PYRO_WORKSPACE_BUSY) {
        scoped_free char *words = str_printf("waiting for another pyro that %s", turn->work);
        if (turn->tell)
            turn->tell(turn->arg, words);
        fd = fs_lock(dirfd, name, clock_ms() + limit_ms, &why);
        if (fd < 0 && why.code == PYRO_WORKSPACE_BUSY) {
            pyro_wrap(&why, "waited %lld s for another pyro that %s", (long long)limit_ms / 1000,
                      turn->work);
            pyro_hint(&why, "try again; if that process hangs, end it first");
        }
    }
    if (fd < 0)
        pyro_copy(err, &why);
    return fd;
}
