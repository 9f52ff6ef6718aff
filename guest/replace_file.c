/* guest/replace_file.c: files of the system that pyro keeps in shape. */
#include "guest/replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
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

/* On a full disk, the blocks that the file has already are enough for a name. */
static bool overwrite(const char *path, const void *bytes, size_t n)
{
    scoped_close int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;

    return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
           fs_pwrite_all(fd, bytes, n, 0) && ftruncate(fd, (off_t)n) == 0;
}

/* A new file could not be written, for which errno has the reason. */
static bool do_without(const char *path, const void *bytes, size_t n, struct pyro_error *err)
{
    int why = errno;

    if ((why == ENOSPC || why == EDQUOT) && overwrite(path, bytes, n))
        return true;
    errno = why;
    return pyro_fail_errno(err, "write '%s'", path);
}

/* Somebody may have made a directory in the file's place. False with errno: ENOTEMPTY. */
static bool remove_any(const char *path)
{
    return unlink(path) == 0 || rmdir(path) == 0;
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
    bool ok;

    if (is_file_as_wanted(path, bytes, n))
        return true;
    snprintf(temporary, sizeof(temporary), "%s.pyro", path);
    (void)!remove_any(temporary);
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0 || !fs_pwrite_all(fd, bytes, n, 0)) {
        ok = do_without(path, bytes, n, err);
        unlink(temporary);
        return ok;
    }
    /* A directory with something in it keeps the temporary name: it is not pyro's to remove. */
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
        return remove_any(temporary) || errno == ENOTEMPTY ||
               pyro_fail_errno(err, "remove '%s'", temporary);
    return rename(temporary, path) == 0 || pyro_fail_errno(err, "write '%s'", path);
}
