/*
 * guest/secrets.c: secrets in memory. They have a file system of their own, so that they are never
 * on the disk, in a snapshot or in an export.
 */
#include "guest/secrets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"

static bool is_name(const char *name)
{
    size_t n = strlen(name);

    return n &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") == n;
}

/* A mount there is ours if `begin` came before. */
static bool make_place(struct pyro_error *err)
{
    struct stat up, here;

    if (mkdir(SECRETS_PATH, 0700) != 0 && errno != EEXIST)
        return pyro_fail_errno(err, "create " SECRETS_PATH);
    if (lstat(SECRETS_PATH "/..", &up) == 0 && lstat(SECRETS_PATH, &here) == 0 &&
        up.st_dev != here.st_dev)
        return true;
    return mount("tmpfs", SECRETS_PATH, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                 "mode=0700,size=4m") == 0 ||
           pyro_fail_errno(err, "mount " SECRETS_PATH);
}

static bool write_one(int dirfd, const char *name, const json_t *value, struct pyro_error *err)
{
    scoped_close int fd = -1;

    unlinkat(dirfd, name, 0);
    fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
    if (fd < 0)
        return pyro_fail_errno(err, "create secret '%s'", name);
    return fs_write_all(fd, json_string_value(value), json_string_length(value), err);
}

bool secrets_write(const json_t *values, struct pyro_error *err)
{
    scoped_close int fd = -1;
    const char *name;
    json_t *value;

    if (!json_object_size(values))
        return true;
    if (!make_place(err) || (fd = fs_open_dir(AT_FDCWD, SECRETS_PATH, err)) < 0)
        return false;
    json_object_foreach ((json_t *)(uintptr_t)values, name, value) {
        if (!is_name(name) || !json_is_string(value))
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'secrets' has a malformed secret");
        if (!write_one(fd, name, value, err))
            return false;
    }
    return true;
}

void secrets_hand_over(const json_t *names, uid_t uid)
{
    scoped_close int fd = -1;
    const json_t *name;
    size_t i;

    if (!json_array_size(names))
        return;
    fd = fs_open_dir(AT_FDCWD, SECRETS_PATH, NULL);
    if (fd < 0 || fchmod(fd, 0711) != 0)
        guest_log(SECRETS_PATH ": errno %d", errno);
    json_array_foreach (names, i, name)
        if (fd >= 0 && json_is_string(name) && is_name(json_string_value(name)) &&
            fchownat(fd, json_string_value(name), uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW) != 0)
            guest_log("hand over a secret: errno %d", errno);
}

void secrets_forget_others(const json_t *values)
{
    scoped_dir DIR *dir = opendir(SECRETS_PATH);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.' && !json_object_get(values, entry->d_name))
            unlinkat(dirfd(dir), entry->d_name, 0);
}
