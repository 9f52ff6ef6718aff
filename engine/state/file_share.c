/* engine/state/file_share.c: one content under two names, in as little space as possible. */
#include "engine/state/file_share.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/fs.h>

#include "vmm/base/cleanup.h"
#include "vmm/base/fs.h"

#define MODE 0444

static bool copy_extent(int from, int to, off_t at, off_t end)
{
    if (lseek(to, at, SEEK_SET) < 0)
        return false;
    while (at < end) {
        ssize_t n = sendfile(to, from, &at, (size_t)(end - at));
        if (n == 0)
            errno = EIO; /* it became shorter */
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
    }
    return true;
}

/* The blocks that hold data; holes stay holes. */
static bool copy_blocks(int from, int to, off_t size)
{
    off_t data, hole = 0;

    while (hole < size && (data = lseek(from, hole, SEEK_DATA)) < size) {
        if (data < 0)
            return errno == ENXIO;
        hole = lseek(from, data, SEEK_HOLE);
        if (hole < 0 || !copy_extent(from, to, data, hole < size ? hole : size))
            return false;
    }
    return true;
}

bool file_copy_content(int from_fd, int to_fd, off_t size)
{
    /* A block is shared with all that follows `size` in it, and cut there. */
    return (ioctl(to_fd, FICLONE, from_fd) == 0 || copy_blocks(from_fd, to_fd, size)) &&
           ftruncate(to_fd, size) == 0;
}

static bool copy(int from_fd, int dirfd, const char *name)
{
    scoped_close int fd =
        openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);
    struct stat from;
    struct timespec times[2];

    if (fd < 0 || fstat(from_fd, &from) != 0)
        return false;
    times[0] = times[1] = from.st_mtim;
    return file_copy_content(from_fd, fd, from.st_size) && futimens(fd, times) == 0 &&
           fsync(fd) == 0;
}

bool file_share(int from_fd, int dirfd, const char *name)
{
    scoped_free char *by_fd = str_printf("/proc/self/fd/%d", from_fd);

    return linkat(AT_FDCWD, by_fd, dirfd, name, AT_SYMLINK_FOLLOW) == 0 ||
           (errno != EEXIST && copy(from_fd, dirfd, name));
}

bool file_share_from(int from_dirfd, const char *from, int dirfd, const char *name,
                     struct pyro_error *err)
{
    scoped_close int fd = openat(from_dirfd, from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "open '%s'", from);
    if (!S_ISREG(st.st_mode))
        return pyro_fail(err, PYRO_RECORD_INVALID, "'%s' is not a regular file", from);
    return file_share(fd, dirfd, name) || pyro_fail_errno(err, "keep '%s'", from);
}
