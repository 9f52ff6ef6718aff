/* engine/state/memory_files.c: directories of captured machines. */
#include "engine/state/memory_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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
    if (to < 0 || !file_copy_content(from, to, size < 0 || size > st.st_size ? st.st_size : size) ||
        fsync(to) != 0)
        return pyro_fail_errno(err, "copy '%s'", name);
    return true;
}

static bool copy_tree(int from_dirfd, int to_dirfd, const char *name, int depth,
                      struct pyro_error *err)
{
    int from = openat(from_dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    scoped_dir DIR *dir = from < 0 ? NULL : fdopendir(from);
    scoped_close int to = -1;
    struct dirent *entry;
    bool ok = true;

    if (!dir)
        return pyro_fail_errno(err, "'%s'", name);
    if (depth == DEPTH_MAX)
        return pyro_fail(err, PYRO_RECORD_INVALID, "'%s' is too deep", name);
    if (mkdirat(to_dirfd, name, 0700) != 0 || (to = fs_open_dir(to_dirfd, name, err)) < 0)
        return pyro_fail_errno(err, "create '%s'", name);
    while (ok && (entry = readdir(dir))) {
        if (entry->d_type == DT_REG)
            ok = memory_copy_file(from, to, entry->d_name, -1, err);
        else if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
                 strcmp(entry->d_name, "..") != 0)
            ok = copy_tree(from, to, entry->d_name, depth + 1, err);
    }
    return ok && (fsync(to) == 0 || pyro_fail_errno(err, "write '%s'", name));
}

bool memory_copy_tree(int from_dirfd, int to_dirfd, const char *name, struct pyro_error *err)
{
    return copy_tree(from_dirfd, to_dirfd, name, 0, err);
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
    return from >= 0;
}
