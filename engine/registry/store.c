/* engine/registry/store.c: blobs in their directory, and those on their way there. */
#include "engine/registry/store.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/base/turn.h"

#define WAIT_MS (3600 * 1000)

int blobs_open(struct pyro_error *err)
{
    scoped_free char *path = paths_blobs(err);

    return path ? fs_open_dir(AT_FDCWD, path, err) : -1;
}

bool blobs_has(int dirfd, const char *digest, int64_t size)
{
    char name[OCI_DIGEST_SIZE];
    struct stat st;

    oci_blob_name(digest, name);
    return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           (size < 0 || st.st_size == size);
}

static char *part_name(const char *name)
{
    return str_printf("part-%s", name);
}

static int lock_part(int dirfd, const char *file, const struct progress *progress, bool wait,
                     struct pyro_error *err)
{
    const struct turn turn = { .work = "fetches the same layer",
                               .limit_ms = WAIT_MS,
                               .tell = progress_tell,
                               .arg = (void *)(uintptr_t)progress };

    return wait ? turn_wait(dirfd, file, &turn, err) : fs_lock(dirfd, file, FS_LOCK_NOW, err);
}

bool blobs_begin(int dirfd, const char *digest, int64_t size, const struct progress *progress,
                 bool wait, struct store_part *ret, struct pyro_error *err)
{
    scoped_free char *file = NULL;
    struct pyro_error why = { 0 };

    ret->fd = -1;
    oci_blob_name(digest, ret->name);
    file = part_name(ret->name);
    ret->fd = lock_part(dirfd, file, progress, wait, &why);
    if (ret->fd < 0)
        return (why.code == PYRO_WORKSPACE_BUSY && !wait) || pyro_copy(err, &why);
    if (blobs_has(dirfd, digest, size))
        blobs_leave(dirfd, ret, false);
    return true;
}

bool blobs_keep(int dirfd, struct store_part *part, struct pyro_error *err)
{
    scoped_free char *file = part_name(part->name);

    if (fchmod(part->fd, 0400) != 0 || renameat(dirfd, file, dirfd, part->name) != 0 ||
        fsync(dirfd) != 0)
        return pyro_fail_errno(err, "keep the blob '%s'", part->name);
    close(take_fd(&part->fd));
    return true;
}

void blobs_leave(int dirfd, struct store_part *part, bool resume)
{
    scoped_free char *file = part_name(part->name);
    struct stat st;

    if (part->fd < 0)
        return;
    if (!resume || fstat(part->fd, &st) != 0 || st.st_size == 0)
        unlinkat(dirfd, file, 0);
    close(take_fd(&part->fd));
}

bool blobs_check_room(int dirfd, int64_t bytes, struct pyro_error *err)
{
    struct statvfs fs;

    if (fstatvfs(dirfd, &fs) != 0 || (double)fs.f_bavail * (double)fs.f_frsize >= (double)bytes)
        return true;
    return pyro_fail(err, PYRO_NO_SPACE, "the cache's disk has no room for %lld MiB of layers",
                     (long long)(bytes >> 20) + 1);
}
