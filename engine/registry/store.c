/* engine/registry/store.c: blobs in their directory, and those on their way there. */
#include "engine/registry/store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state/paths.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/turn.h"

#define WAIT_MS (3600 * 1000)
#define PART_PREFIX "part-"
#define PRUNE_WAIT_MS (60 * 1000)

static char *part_name(const char *name)
{
    return str_printf(PART_PREFIX "%s", name);
}

int blobs_open(struct pyro_error *err)
{
    scoped_free char *path = paths_blobs(err);
    scoped_close int fd = path ? fs_open_dir(AT_FDCWD, path, err) : -1;

    if (fd >= 0 && !fs_lock_fd(fd, LOCK_SH, patience_until(PRUNE_WAIT_MS))) {
        pyro_fail_errno(err, "wait for the prune of '%s'", path);
        return -1;
    }
    return take_fd(&fd);
}

static bool is_blob(const char *name)
{
    char digest[OCI_DIGEST_SIZE];
    const char *dash = strchr(name, '-');

    if (!dash || strlen(name) >= sizeof(digest))
        return false;
    memcpy(digest, name, strlen(name) + 1);
    digest[dash - name] = ':';
    return oci_digest_is_valid(digest);
}

bool blobs_prune(bool (*is_used)(void *arg, const char *name), void *arg, bool dry_run,
                 int64_t *ret_bytes, struct pyro_error *err)
{
    scoped_free char *path = paths_blobs(err);
    scoped_close int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    scoped_dir DIR *dir = NULL;
    struct dirent *entry;

    *ret_bytes = 0;
    if (fd < 0)
        return path && (errno == ENOENT || pyro_fail_errno(err, "open '%s'", path));
    if (!fs_lock_fd(fd, LOCK_EX, FS_LOCK_NOW))
        return true;
    dir = opendir(path);
    while (dir && (entry = readdir(dir))) {
        bool is_part = !strncmp(entry->d_name, PART_PREFIX, strlen(PART_PREFIX));
        struct stat st;
        if ((!is_part && (!is_blob(entry->d_name) || is_used(arg, entry->d_name))) ||
            fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (!dry_run && unlinkat(fd, entry->d_name, 0) != 0)
            return pyro_fail_errno(err, "remove '%s/%s'", path, entry->d_name);
        *ret_bytes += (int64_t)st.st_blocks * 512;
    }
    return dir || pyro_fail_errno(err, "read '%s'", path);
}

bool blobs_has(int dirfd, const char *digest, int64_t size)
{
    char name[OCI_DIGEST_SIZE];
    struct stat st;

    oci_blob_name(digest, name);
    return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           (size < 0 || st.st_size == size);
}

/* It may get its name just then. */
int blobs_open_blob(int dirfd, const char *digest)
{
    char name[OCI_DIGEST_SIZE];
    scoped_free char *part = NULL;
    int fd;

    oci_blob_name(digest, name);
    part = part_name(name);
    fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        fd = openat(dirfd, part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : fd;
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

    if (fchmod(part->fd, 0400) != 0 || renameat(dirfd, file, dirfd, part->name) != 0)
        return pyro_fail_errno(err, "keep the blob '%s'", part->name);
    close(take_fd(&part->fd));
    return true;
}

void blobs_forget(int dirfd, const char *digest)
{
    char name[OCI_DIGEST_SIZE];

    oci_blob_name(digest, name);
    unlinkat(dirfd, name, 0);
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
