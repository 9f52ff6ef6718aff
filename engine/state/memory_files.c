/* engine/state/memory_files.c: directories of captured machines. */
#include "engine/state/memory_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state/file_share.h"
#include "vmm/base/fs.h"

#define DEPTH_MAX 4 /* services/NAME/previous */

int memory_open(int workspace_fd, const char *snapshot, struct pyro_error *err)
{
    scoped_free char *path = str_printf(MEMORY_DIR "/%s", snapshot);

    return fs_open_dir(workspace_fd, path, err);
}

void memory_sweep(int workspace_fd, const struct disk_layers *l)
{
    int fd = openat(workspace_fd, MEMORY_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    scoped_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        const struct disk_snapshot *s;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        s = disk_layers_find(l, entry->d_name);
        if (!s || !s->memory)
            fs_discard_tree(dirfd(dir), entry->d_name);
    }
}

void memory_capture_path(uint32_t number, char ret[32])
{
    snprintf(ret, 32, MEMORY_CAPTURES "/%" PRIu32, number);
}

void memory_remove_capture(int workspace_fd, uint32_t number)
{
    char path[32];

    memory_capture_path(number, path);
    fs_discard_tree(workspace_fd, path);
}

void memory_forget_suspended(int workspace_fd)
{
    static const char *const names[] = { MEMORY_SUSPENDED, MEMORY_SUSPENDED_NEW };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (faccessat(workspace_fd, names[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            fs_discard_tree(workspace_fd, names[i]);
    unlinkat(workspace_fd, MEMORY_SUSPENDED_PACKED, 0);
}

/* ---- copies ---- */

bool memory_copy_file(int from_dirfd, int to_dirfd, const char *name, int64_t size,
                      struct pyro_error *err)
{
    scoped_close int from = openat(from_dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    scoped_close int to = -1;
    struct stat st;

    if (from < 0 || fstat(from, &st) != 0)
        return pyro_fail_errno(err, "'%s'", name);
    to = openat(to_dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0 || !file_copy_content(from, to, size < 0 || size > st.st_size ? st.st_size : size))
        return pyro_fail_errno(err, "copy '%s'", name);
    return true;
}

/* A regular file in another directory. */
typedef bool copy_fn(int from_dirfd, int to_dirfd, const char *name, struct pyro_error *err);

static bool memory_files_copy(int from_dirfd, int to_dirfd, const char *name,
                              struct pyro_error *err)
{
    return memory_copy_file(from_dirfd, to_dirfd, name, -1, err);
}

static bool memory_files_share(int from_dirfd, int to_dirfd, const char *name,
                               struct pyro_error *err)
{
    return file_share_from(from_dirfd, name, to_dirfd, name, err);
}

static bool copy_all(int from, int to, copy_fn *copy, int depth, struct pyro_error *err);

static bool copy_tree(int from_dirfd, int to_dirfd, const char *name, copy_fn *copy, int depth,
                      struct pyro_error *err)
{
    scoped_close int from = fs_open_dir(from_dirfd, name, err), to = -1;

    if (from < 0)
        return false;
    if (depth == DEPTH_MAX)
        return pyro_fail(err, PYRO_RECORD_INVALID, "'%s' is too deep", name);
    if (mkdirat(to_dirfd, name, 0700) != 0 || (to = fs_open_dir(to_dirfd, name, err)) < 0)
        return pyro_fail_errno(err, "create '%s'", name);
    return copy_all(from, to, copy, depth, err);
}

static bool copy_all(int from, int to, copy_fn *copy, int depth, struct pyro_error *err)
{
    scoped_dir DIR *dir = fdopendir(fcntl(from, F_DUPFD_CLOEXEC, 0));
    struct dirent *entry;
    bool ok = true;

    if (!dir)
        return pyro_fail_errno(err, "read a directory");
    rewinddir(dir);
    while (ok && (entry = readdir(dir))) {
        if (entry->d_type == DT_REG)
            ok = copy(from, to, entry->d_name, err);
        else if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
                 strcmp(entry->d_name, "..") != 0)
            ok = copy_tree(from, to, entry->d_name, copy, depth + 1, err);
    }
    return ok;
}

bool memory_copy_tree(int from_dirfd, int to_dirfd, const char *name, struct pyro_error *err)
{
    return copy_tree(from_dirfd, to_dirfd, name, memory_files_copy, 0, err);
}

bool memory_share(int from_dirfd, int fork_fd, struct pyro_error *err)
{
    scoped_close int to = -1;

    if (mkdirat(fork_fd, MEMORY_DIR, 0700) != 0 ||
        mkdirat(fork_fd, MEMORY_DIR "/" MEMORY_FORK, 0700) != 0)
        return pyro_fail_errno(err, "create '" MEMORY_DIR "/" MEMORY_FORK "'");
    to = memory_open(fork_fd, MEMORY_FORK, err);
    return to >= 0 && copy_all(from_dirfd, to, memory_files_share, 0, err);
}

bool memory_bring_back(int workspace_fd, const char *snapshot, struct pyro_error *err)
{
    static const char *const history[] = { "shells", "services", "commands" };
    scoped_close int from = memory_open(workspace_fd, snapshot, err);

    for (size_t i = 0; from >= 0 && i < ARRAY_SIZE(history); i++)
        if (!fs_remove_tree(workspace_fd, history[i], err) ||
            (faccessat(from, history[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
             !memory_copy_tree(from, workspace_fd, history[i], err)))
            return false;
    return from >= 0 && (!strcmp(snapshot, MEMORY_FORK) || memory_sync(workspace_fd, err));
}

bool memory_sync(int dirfd, struct pyro_error *err)
{
    return syncfs(dirfd) == 0 || pyro_fail_errno(err, "write the files of a memory");
}
