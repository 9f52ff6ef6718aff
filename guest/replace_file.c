/* guest/replace_file.c: files of the system that pyro keeps in shape. */
#include "guest/replace_file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/fs.h"

/* A restarted machine finds its own names on its disk. */
static bool is_file_as_wanted(const char *path, const void *bytes, size_t n)
{
    scoped_close int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    scoped_free char *found = malloc(n + 1);

    return fd >= 0 && found && fs_read_full(fd, found, n + 1) == (ssize_t)n &&
           !memcmp(found, bytes, n);
}

/*
 * Replaces a file atomically, as rename(2) does, but by an exchange: ext4 takes a rename over a
 * file as a request to write the new content to disk now, and that costs tens of milliseconds in
 * the first second of a clone. Here it is not needed: `begin` comes again before anything trusts
 * the content.
 */
bool guest_replace_file(const char *path, const void *bytes, size_t n, mode_t mode,
                        struct pyro_error *err)
{
    char temporary[64];
    scoped_close int fd = -1;

    if (is_file_as_wanted(path, bytes, n))
        return true;
    snprintf(temporary, sizeof(temporary), "%s.pyro", path);
    unlink(temporary);
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return pyro_fail_errno(err, "create '%s'", temporary);
    if (!fs_write_all(fd, bytes, n, err))
        return pyro_wrap(err, "'%s'", temporary);
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
        return unlink(temporary) == 0 || pyro_fail_errno(err, "remove '%s'", temporary);
    return rename(temporary, path) == 0 || pyro_fail_errno(err, "write '%s'", path);
}
