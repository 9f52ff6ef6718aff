/* vmm/base/beneath.c: openat2(2), in steps where a path is longer than the kernel takes. */
#include "vmm/base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vmm/base/cleanup.h"

#define STEP_MAX (PATH_MAX - 1)
#define TRIES 16 /* EAGAIN: something was renamed during the lookup */

bool beneath_is_plain(const char *path, size_t n)
{
    const char *end = path + n;

    if (n == 0 || n > BENEATH_PATH_MAX || memchr(path, '\0', n))
        return false;
    for (;;) {
        const char *slash = memchr(path, '/', (size_t)(end - path));
        size_t length = (size_t)((slash ? slash : end) - path);
        if (length == 0 || length > BENEATH_NAME_MAX || (length == 1 && path[0] == '.') ||
            (length == 2 && path[0] == '.' && path[1] == '.'))
            return false;
        if (!slash)
            return true;
        path = slash + 1;
    }
}

static int open_step(int dirfd, const char *path, int flags, mode_t mode)
{
    struct open_how how = { .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
                            .mode = flags & (O_CREAT | O_TMPFILE) ? mode : 0,
                            .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
    long fd;
    int tries = 0;

    do
        fd = syscall(SYS_openat2, dirfd, *path ? path : ".", &how, sizeof(how));
    while (fd < 0 && (errno == EINTR || (errno == EAGAIN && ++tries < TRIES)));
    return (int)fd;
}

/* The last slash within what one step takes; NULL when the whole path fits. */
static const char *step_end(const char *path)
{
    return strnlen(path, STEP_MAX + 1) <= STEP_MAX ? NULL : memrchr(path, '/', STEP_MAX);
}

int beneath_open(int dirfd, const char *path, int flags, mode_t mode)
{
    scoped_close int owned = -1;
    const char *end;

    while ((end = step_end(path))) {
        char step[STEP_MAX + 1];
        int fd;
        memcpy(step, path, (size_t)(end - path));
        step[end - path] = '\0';
        fd = open_step(dirfd, step, O_PATH | O_DIRECTORY, 0);
        if (fd < 0)
            return -1;
        if (owned >= 0)
            close(owned);
        dirfd = owned = fd;
        path = end + 1;
    }
    return open_step(dirfd, path, flags, mode);
}

/* The directory of one component, created if missing. */
static int open_or_make(int dirfd, const char *name, size_t n, mode_t make)
{
    char component[BENEATH_NAME_MAX + 1];
    int fd;

    memcpy(component, name, n);
    component[n] = '\0';
    fd = open_step(dirfd, component, O_PATH | O_DIRECTORY, 0);
    if (fd >= 0 || errno != ENOENT || !make)
        return fd;
    if (mkdirat(dirfd, component, make) != 0 && errno != EEXIST)
        return -1;
    return open_step(dirfd, component, O_PATH | O_DIRECTORY, 0);
}

int beneath_open_parent(int dirfd, const char *path, mode_t make, const char **ret_name)
{
    const char *slash = strrchr(path, '/'), *end;
    char parent[BENEATH_PATH_MAX];
    int at;

    *ret_name = slash ? slash + 1 : path;
    if (!slash)
        return open_step(dirfd, "", O_PATH | O_DIRECTORY, 0);
    if ((size_t)(slash - path) >= sizeof(parent)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(parent, path, (size_t)(slash - path));
    parent[slash - path] = '\0';
    at = beneath_open(dirfd, parent, O_PATH | O_DIRECTORY, 0);
    if (at >= 0 || errno != ENOENT || !make)
        return at;
    at = open_step(dirfd, "", O_PATH | O_DIRECTORY, 0);
    for (; at >= 0 && path < slash; path = end + 1) {
        int next;
        end = memchr(path, '/', (size_t)(slash - path) + 1);
        next = open_or_make(at, path, (size_t)(end - path), make);
        close(at);
        at = next;
    }
    return at;
}
