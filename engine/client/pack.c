/* engine/client/pack.c: waiting, compressing, putting in place. */
#include "engine/client/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/helper/zstd.h"
#include "engine/state/memory_files.h"
#include "engine/state/memory_pack.h"
#include "engine/state/record.h"
#include "vmm/base/check_step.h"
#include "vmm/base/fs.h"
#include "vmm/base/idle.h"
#include "vmm/base/patience.h"
#include "vmm/saved.h"

#define LOCK_MS 10000

struct pack {
    int workspace_fd;
    const char *id;
    int memory_fd; /* the directory */
    int packed_fd; /* MEMORY_SUSPENDED_PACKED, locked */
};

/* Until it is time. False: it has been dropped, or something else has happened to it. */
static bool wait_for_time(const struct pack *p)
{
    scoped_close int notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", p->memory_fd);
    if (notify < 0 ||
        inotify_add_watch(notify, path, IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF) < 0)
        return false;
    for (;;) {
        struct pollfd one = { .fd = notify, .events = POLLIN };
        int64_t left = memory_pack_in_ms(p->workspace_fd);
        if (left <= 0)
            return left == 0;
        if (poll(&one, 1, left > INT32_MAX ? INT32_MAX : (int)left) > 0)
            return false;
    }
}

static bool compress(struct pack *p, struct pyro_error *err)
{
    scoped_close int from = openat(p->memory_fd, SAVED_DELTA, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (from < 0)
        return pyro_fail_errno(err, "a saved memory");
    p->packed_fd = fs_lock(p->workspace_fd, MEMORY_SUSPENDED_PACKED, FS_LOCK_NOW, err);
    if (p->packed_fd < 0)
        return false; /* another one does it */
    if (ftruncate(p->packed_fd, 0) != 0)
        return pyro_fail_errno(err, "compress a memory");
    check_step("pack-begun");
    return zstd_compress(from, p->packed_fd, err) &&
           (fsync(p->packed_fd) == 0 || pyro_fail_errno(err, "compress a memory"));
}

/* Whether it is still the memory of the suspended machine. */
static bool is_in_use(const struct pack *p)
{
    struct stat own, now;

    return record_state(p->workspace_fd, p->id) == WORKSPACE_SUSPENDED &&
           fstat(p->memory_fd, &own) == 0 &&
           fstatat(p->workspace_fd, MEMORY_SUSPENDED, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
           own.st_dev == now.st_dev && own.st_ino == now.st_ino;
}

/* The workspace's lock; -1: somebody has it who does something else with the memory. */
static int lock_suspended(const struct pack *p, struct pyro_error *err)
{
    int64_t deadline_ms = patience_until(LOCK_MS);
    struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };
    int fd;

    while ((fd = fs_lock(p->workspace_fd, "lock", FS_LOCK_NOW, err)) < 0 && errno == EWOULDBLOCK &&
           is_in_use(p) && clock_ms() < deadline_ms)
        nanosleep(&pause, NULL);
    return fd;
}

static bool put_in_place(const struct pack *p, struct pyro_error *err)
{
    scoped_close int lock = -1;

    check_step("pack-written");
    lock = lock_suspended(p, err);
    if (lock < 0)
        return false;
    if (!is_in_use(p))
        return pyro_fail(err, PYRO_WORKSPACE_STATE, "it is not suspended any more");
    if (renameat(p->workspace_fd, MEMORY_SUSPENDED_PACKED, p->memory_fd, SAVED_DELTA_PACKED) != 0 ||
        fsync(p->memory_fd) != 0)
        return pyro_fail_errno(err, "keep a compressed memory");
    check_step("pack-renamed");
    return unlinkat(p->memory_fd, SAVED_DELTA, 0) == 0 ||
           pyro_fail_errno(err, "remove what was compressed");
}

/* The minute begins again, before another command tries. */
static void put_off(const struct pack *p)
{
    unlinkat(p->workspace_fd, MEMORY_SUSPENDED_PACKED, 0);
    (void)utimensat(p->memory_fd, SAVED_DELTA, NULL, AT_SYMLINK_NOFOLLOW);
}

int pack_main(int argc, char **argv)
{
    struct pack p = { .workspace_fd = MEMORY_PACK_DIR_FD, .packed_fd = -1 };
    struct pyro_error err = { 0 };

    if (argc != 2 || fcntl(MEMORY_PACK_DIR_FD, F_SETFD, FD_CLOEXEC) != 0)
        return 2;
    prctl(PR_SET_NAME, "pyro-pack");
    p.id = argv[1];
    p.memory_fd = fs_open_dir(p.workspace_fd, MEMORY_SUSPENDED, NULL);
    if (p.memory_fd < 0 || !wait_for_time(&p))
        return 0;
    if (!getenv("PYRO_CHECK_QUIET")) /* tests run on hosts that are never idle */
        (void)!idle_enter_for_good();
    if (compress(&p, &err) && put_in_place(&p, &err))
        return 0;
    if (p.packed_fd >= 0)
        put_off(&p);
    fprintf(stderr, "pyro: %s\n", err.message);
    return 1;
}
