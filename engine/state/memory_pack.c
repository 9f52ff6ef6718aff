/* engine/state/memory_pack.c: when, and `pyro __pack`. */
#include "engine/state/memory_pack.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "engine/state/memory_files.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"
#include "vmm/saved.h"

#define PACK_AFTER_MS 60000

int64_t memory_pack_in_ms(int workspace_fd)
{
    int64_t wait_ms = quiet_time(PACK_AFTER_MS), left;
    struct stat st;

    if (fstatat(workspace_fd, MEMORY_SUSPENDED "/" SAVED_DELTA, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return -1;
    left = (int64_t)(((double)st.st_mtim.tv_sec - clock_wall()) * 1000) + wait_ms;
    return left < 0 ? 0 : left > wait_ms ? wait_ms : left; /* the clock may have been set */
}

bool memory_pack_is_due(int workspace_fd)
{
    scoped_close int fd = -1;

    if (memory_pack_in_ms(workspace_fd) != 0)
        return false;
    fd = openat(workspace_fd, MEMORY_SUSPENDED_PACKED, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 || fs_lock_fd(fd, LOCK_SH, FS_LOCK_NOW);
}

void memory_pack_start(int workspace_fd, const char *id)
{
    const char *const argv[] = { "/proc/self/exe", "__pack", id, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    pid_t unheeded;

    spec.inherit = INHERIT_PYRO | INHERIT_FILE_LIMIT;
    spec.new_session = true;
    spec.fds[0].from = workspace_fd, spec.fds[0].to = MEMORY_PACK_DIR_FD;
    spec.fd_count = 1;
    (void)!proc_start(&spec, &unheeded, NULL);
}
