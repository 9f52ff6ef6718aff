/* guest/file_beneath.c: paths below /workspace. */
#include "guest/file_beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int file_open_root(const struct guest *g, struct pyro_error *err)
{
    int fd = g->host_dir ? open(g->host_dir, O_PATH | O_DIRECTORY | O_CLOEXEC)
                         : open(WORKSPACE_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        pyro_fail_errno(err, "'" WORKSPACE_DIR "'");
    return fd;
}

bool file_check_path(const char *path, struct pyro_error *err)
{
    const char *part = path;

    if (strlen(path) > FILE_PATH_MAX)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "a path is longer than %d bytes",
                         FILE_PATH_MAX);
    while (*path) {
        size_t n = strcspn(part, "/");
        if (n == 0 || (n == 1 && part[0] == '.') || (n == 2 && !memcmp(part, "..", 2)))
            return pyro_fail(err, PYRO_PATH_REFUSED, "'%.300s' is not a path below " WORKSPACE_DIR,
                             path);
        if (!part[n])
            break;
        part += n + 1;
    }
    return true;
}

static int open2(int root, const char *path, int flags)
{
    struct open_how how = { .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
                            .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };

    if (!(flags & O_PATH))
        how.flags |= O_NONBLOCK | O_NOCTTY;
    return (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof(how));
}

/* The length of the shortest leading path that is a symbolic link, or, without `link`, that is not
 * a directory. */
static size_t find_culprit(int root, const char *path, bool link)
{
    char leading[FILE_PATH_MAX + 1];
    size_t n = 0, total = strlen(path);

    while (n < total) {
        scoped_close int fd = -1;
        struct stat st;
        n += strcspn(path + n, "/");
        memcpy(leading, path, n);
        leading[n] = '\0';
        fd = open2(root, leading, O_PATH | O_NOFOLLOW);
        if (fd < 0 || fstat(fd, &st) != 0)
            break;
        if (link ? S_ISLNK(st.st_mode) : !S_ISDIR(st.st_mode))
            return n;
        n += path[n] == '/';
    }
    return total;
}

/* 'PATH: ' before the component at fault, unless that is PATH itself. */
static void blame(int root, const char *path, bool link, enum pyro_code code, const char *what,
                  struct pyro_error *err)
{
    int n = (int)find_culprit(root, path, link);

    if (path[n])
        pyro_fail(err, code, "'" WORKSPACE_DIR "/%.250s': '" WORKSPACE_DIR "/%.*s' %s", path,
                  n < 250 ? n : 250, path, what);
    else
        pyro_fail(err, code, "'" WORKSPACE_DIR "/%.400s' %s", path, what);
}

static void explain(int root, const char *path, struct pyro_error *err)
{
    int number = errno;

    switch (number) {
    case ENOENT:
        pyro_fail(err, PYRO_FILE_NOT_FOUND, "'" WORKSPACE_DIR "/%.400s': no such file", path);
        break;
    case ELOOP:
        blame(root, path, true, PYRO_PATH_REFUSED,
              "is a symbolic link, and links are not followed: name the file itself", err);
        break;
    case ENOTDIR:
        blame(root, path, false, PYRO_WRONG_FILE_TYPE, "is not a directory", err);
        break;
    case EXDEV:
        pyro_fail(err, PYRO_PATH_REFUSED, "'%.400s' leads out of " WORKSPACE_DIR, path);
        break;
    default:
        errno = number;
        pyro_fail_errno(err, "'" WORKSPACE_DIR "/%.400s'", path);
    }
    if (err)
        err->sys_errno = number;
    errno = number;
}

int file_open_beneath(int root, const char *path, int flags, struct pyro_error *err)
{
    int fd;

    /* EAGAIN: something was renamed meanwhile, and the kernel cannot tell whether it mattered. */
    for (int tries = 0; (fd = open2(root, path, flags)) < 0 && errno == EAGAIN && tries < 100;)
        tries++;
    if (fd < 0)
        explain(root, path, err);
    return fd;
}

int file_open_parent(int root, const char *path, const char **ret_name, struct pyro_error *err)
{
    const char *slash = strrchr(path, '/');
    char parent[FILE_PATH_MAX + 1];
    size_t n = slash ? (size_t)(slash - path) : 0;

    memcpy(parent, path, n);
    parent[n] = '\0';
    *ret_name = slash ? slash + 1 : path;
    return file_open_beneath(root, parent, O_PATH | O_DIRECTORY, err);
}

enum file_kind file_kind_of(mode_t mode)
{
    return S_ISREG(mode)   ? FILE_REGULAR
           : S_ISDIR(mode) ? FILE_DIRECTORY
           : S_ISLNK(mode) ? FILE_SYMLINK
                           : FILE_OTHER;
}

uint64_t file_ctime_ns(const struct stat *st)
{
    return (uint64_t)st->st_ctim.tv_sec * 1000000000u + (uint64_t)st->st_ctim.tv_nsec;
}
