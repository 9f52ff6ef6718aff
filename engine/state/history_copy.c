/* engine/state/history_copy.c: directories of plain files, a few deep. */
#include "engine/state/history_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state/file_share.h"
#include "vmm/base/cleanup.h"
#include "vmm/base/fs.h"

#define DEPTH_MAX 3 /* services/NAME/previous */

static const char *const history[] = { "shells", "services", "commands" };

static bool copy_file(int from_dir, int to_dir, const char *name, struct pyro_error *err)
{
    scoped_close int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    scoped_close int to = -1;
    struct stat st;

    if (from < 0 || fstat(from, &st) != 0)
        return pyro_fail_errno(err, "copy '%s'", name);
    to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return (to >= 0 && file_copy_content(from, to, st.st_size)) ||
           pyro_fail_errno(err, "copy '%s'", name);
}

static bool copy_tree(int from_parent, int to_parent, const char *name, unsigned depth,
                      struct pyro_error *err);

static bool copy_entry(int from, int to, const char *name, unsigned depth, struct pyro_error *err)
{
    struct stat st;

    if (!strcmp(name, ".") || !strcmp(name, ".."))
        return true;
    if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return pyro_fail_errno(err, "copy '%s'", name);
    if (S_ISDIR(st.st_mode))
        return depth == DEPTH_MAX || copy_tree(from, to, name, depth + 1, err);
    return !S_ISREG(st.st_mode) || copy_file(from, to, name, err);
}

static bool copy_tree(int from_parent, int to_parent, const char *name, unsigned depth,
                      struct pyro_error *err)
{
    int from = openat(from_parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    scoped_dir DIR *dir = from < 0 ? NULL : fdopendir(from);
    scoped_close int to = -1;
    const struct dirent *entry;

    if (!dir)
        return errno == ENOENT || pyro_fail_errno(err, "copy '%s'", name);
    if (mkdirat(to_parent, name, 0700) != 0 && errno != EEXIST)
        return pyro_fail_errno(err, "create '%s'", name);
    to = fs_open_dir(to_parent, name, err);
    if (to < 0)
        return false;
    while ((entry = readdir(dir)))
        if (!copy_entry(from, to, entry->d_name, depth, err))
            return false;
    return true;
}

bool history_copy(int from_fd, int to_fd, struct pyro_error *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(history); i++)
        if (!copy_tree(from_fd, to_fd, history[i], 1, err))
            return false;
    return true;
}
