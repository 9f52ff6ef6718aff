/* engine/helper/host_file.c: a file without a name, or one with a hidden name beside its place. */
#include "engine/helper/host_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"

/* A hidden name beside the output, so that the rename stays on one file system. */
static char *temporary_beside(const char *path)
{
    unsigned char bytes[6];
    char hex[13];
    const char *slash = strrchr(path, '/');
    int directory = slash ? (int)(slash - path) + 1 : 0;

    random_bytes(bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), hex);
    return str_printf("%.*s.pyro-export-%s", directory, path, hex);
}

static bool refuse_existing(const char *path, struct pyro_error *err)
{
    pyro_fail(err, PYRO_NAME_TAKEN, "'%s' already exists", path);
    return pyro_hint(err, "name a file that does not exist, or remove it first");
}

bool host_file_open(struct host_file *f, const char *path, mode_t mode, struct pyro_error *err)
{
    const char *slash = strrchr(path, '/');
    scoped_free char *directory =
        slash ? str_printf("%.*s", slash == path ? 1 : (int)(slash - path), path) : str_printf(".");
    struct stat st;

    f->path = path;
    if (lstat(path, &st) == 0)
        return refuse_existing(path, err);
    f->fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
    if (f->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        f->temporary = temporary_beside(path);
        f->fd = open(f->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    }
    return f->fd >= 0 || pyro_fail_errno(err, "create '%s'", path);
}

bool host_file_install(struct host_file *f, struct pyro_error *err)
{
    scoped_free char *by_fd = str_printf("/proc/self/fd/%d", f->fd);
    bool ok;

    if (fsync(f->fd) != 0)
        return pyro_fail_errno(err, "write '%s'", f->path);
    ok = f->temporary ? renameat2(AT_FDCWD, f->temporary, AT_FDCWD, f->path, RENAME_NOREPLACE) == 0
                      : linkat(AT_FDCWD, by_fd, AT_FDCWD, f->path, AT_SYMLINK_FOLLOW) == 0;
    if (!ok && errno == EEXIST)
        return refuse_existing(f->path, err);
    if (!ok)
        return pyro_fail_errno(err, "create '%s'", f->path);
    free(take_ptr(&f->temporary));
    return true;
}

void host_file_release(struct host_file *f)
{
    if (f->temporary && f->fd >= 0)
        unlink(f->temporary);
    free(take_ptr(&f->temporary));
    if (f->fd >= 0)
        close(take_fd(&f->fd));
}
