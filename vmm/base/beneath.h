/*
 * Opening what lies below a directory, without ever leaving it: no symbolic link is followed on the
 * way, no "..", no magic link, even while others change the tree (openat2(2)).
 */
#ifndef PYRO_BENEATH_H
#define PYRO_BENEATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define BENEATH_NAME_MAX 255   /* of one component */
#define BENEATH_PATH_MAX 32768 /* of a whole path; longer than the kernel takes at once */

/*
 * Whether a path of n bytes may be used below a directory: components of 1 to 255 bytes between
 * single slashes, none of them "." or "..", no NUL. The empty path is not.
 */
bool beneath_is_plain(const char *path, size_t n);
/*
 * Opens a plain path below dirfd ("": the directory itself again). flags as open(2), O_CLOEXEC is
 * added. -1 with errno; ELOOP when a link is in the way, or at the end (except with O_PATH |
 * O_NOFOLLOW, which opens the link itself).
 */
int beneath_open(int dirfd, const char *path, int flags, mode_t mode);
/*
 * Opens the directory that holds the last component of a plain path, and points *ret_name at that
 * component. `make`: missing directories on the way are created with this mode; 0: none are. -1
 * with errno.
 */
int beneath_open_parent(int dirfd, const char *path, mode_t make, const char **ret_name);

#endif
