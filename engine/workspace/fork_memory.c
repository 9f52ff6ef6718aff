/* engine/workspace/fork_memory.c: what forks need of the host, and what they share. */
#include "engine/workspace/fork_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "engine/environment/boot.h"
#include "engine/helper/host_limits.h"
#include "engine/state/memory_files.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/saved.h"

#define MACHINE_BYTES (40ll << 20) /* of QEMU, its supervisor and what a guest writes at once */

/* One that is alone gets the pages that differ faster than a memory could be merged from them. */
static bool is_merged(int64_t count)
{
    return count > 1;
}

/* What they take before they write. An upper memory is there already. */
static int64_t bytes_of(int dirfd, int64_t count)
{
    int64_t differs = saved_bytes(dirfd);
    struct stat st;

    if (faccessat(dirfd, SAVED_DELTA, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
        return count * MACHINE_BYTES;
    if (!is_merged(count))
        return count * (differs + MACHINE_BYTES);
    if (fstatat(dirfd, SAVED_TEMPLATE, &st, AT_SYMLINK_NOFOLLOW) == 0)
        differs += st.st_blocks * 512LL;
    return differs + count * MACHINE_BYTES;
}

static bool check_room(int64_t needed, int64_t count, struct pyro_error *err)
{
    int64_t available = host_memory_available();

    if (needed <= available)
        return true;
    pyro_fail(err, PYRO_NO_MEMORY,
              "%lld fork%s would take %lld MiB of memory at once, and %lld MiB are available",
              (long long)count, count == 1 ? "" : "s", (long long)(needed >> 20),
              (long long)(available >> 20));
    return pyro_hint(err, "make fewer, or stop other workspaces first");
}

static struct saved_host host_of(const char *cache_dir, const struct workspace_record *r)
{
    return (struct saved_host){ .cache_dir = cache_dir,
                                .guest = boot_guest_digest(),
                                .vcpu_count = r->vcpu_count,
                                .mem_mib = r->mem_mib };
}

bool fork_memory_check(int dirfd, const struct workspace_record *r, int64_t count,
                       struct pyro_error *err)
{
    scoped_free char *cache_dir = paths_cache(err);
    const struct saved_host host = host_of(cache_dir, r);

    if (!cache_dir)
        return false;
    if (!saved_check(dirfd, &host, err))
        return pyro_hint(err, FORK_DISK_ONLY_HINT);
    return check_room(bytes_of(dirfd, count), count, err);
}

bool fork_memory_prepare(int dirfd, pid_t holder, const json_t *record,
                         const struct workspace_record *r, int64_t count, struct fork_memory *ret,
                         struct pyro_error *err)
{
    scoped_free char *cache_dir = paths_cache(err);
    const struct saved_host host = host_of(cache_dir, r);

    *ret = (struct fork_memory)FORK_MEMORY_INIT;
    if (!cache_dir || !saved_hold_upper(record, holder, &ret->fd, err))
        return false;
    if (ret->fd >= 0 || !is_merged(count))
        return true;
    ret->fd = saved_merge(dirfd, &host, &ret->merged, err);
    return ret->fd >= 0;
}

bool fork_memory_share(int dirfd, int fork_fd, const struct fork_memory *shared,
                       struct pyro_error *err)
{
    scoped_close int own = -1;

    return memory_share(dirfd, fork_fd, err) &&
           (!shared->merged.digest[0] || ((own = memory_open(fork_fd, MEMORY_FORK, err)) >= 0 &&
                                          saved_use_merged(own, &shared->merged, err)));
}

void fork_memory_release(struct fork_memory *m)
{
    cleanup_close(&m->fd);
    *m = (struct fork_memory)FORK_MEMORY_INIT;
}
