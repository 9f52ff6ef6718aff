/* Paths below /workspace, opened so that no name in them can lead out. */
#ifndef PYRO_GUEST_FILE_BENEATH_H
#define PYRO_GUEST_FILE_BENEATH_H

#include <stdint.h>
#include <sys/stat.h>

#include "guest/guest.h"
#include "vmm/base/file_records.h"

/* /workspace itself (O_PATH); -1 on failure. */
int file_open_root(const struct guest *g, struct pyro_error *err) MUST_CHECK;
/* Whether it is a path by the rules of file_records.h. */
bool file_check_path(const char *path, struct pyro_error *err) MUST_CHECK;
/*
 * Opens a path below root, never through a symbolic link (openat2(2)); the last part may be one
 * only with O_PATH | O_NOFOLLOW. O_NONBLOCK is added, so that a FIFO is opened at once. -1 on
 * failure, with errno as the kernel set it and an error that names what is in the way.
 */
int file_open_beneath(int root, const char *path, int flags, struct pyro_error *err) MUST_CHECK;
/* The directory a path lies in; *ret_name points at its last part, within path. -1 on failure. */
int file_open_parent(int root, const char *path, const char **ret_name,
                     struct pyro_error *err) MUST_CHECK;
enum file_kind file_kind_of(mode_t mode);
uint64_t file_ctime_ns(const struct stat *st);

#endif
