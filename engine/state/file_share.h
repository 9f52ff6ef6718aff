/* Files that are never written again, such as images and frozen layers of disks, in more than one
 * directory: hard links, and copies only where the directories are of two file systems. */
#ifndef PYRO_FILE_SHARE_H
#define PYRO_FILE_SHARE_H

#include <sys/types.h>

#include "vmm/base/error.h"

/* Gives an open file a name more; a copy is read-only, of the same time, and synced. A failure says
 * why in errno, and may leave a part of the copy. */
bool file_share(int from_fd, int dirfd, const char *name) MUST_CHECK;
/* The same of a file that must be a regular one; names are relative, or absolute. */
bool file_share_from(int from_dirfd, const char *from, int dirfd, const char *name,
                     struct pyro_error *err) MUST_CHECK;

/* Copies the first `size` bytes of an open file into another, which is empty: by sharing blocks where
 * the file system can, and with its holes. False with errno. */
bool file_copy_content(int from_fd, int to_fd, off_t size) MUST_CHECK;

#endif
