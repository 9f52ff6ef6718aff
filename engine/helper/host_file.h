/*
 * A new file of the user's on the host: it appears complete under its name, which must be free, or
 * not at all. On file systems that support unnamed files, a kill leaves nothing behind.
 */
#ifndef PYRO_HOST_FILE_H
#define PYRO_HOST_FILE_H

#include <sys/types.h>

#include "vmm/base/error.h"

struct host_file {
    int fd;
    const char *path; /* borrowed */
    char *temporary;
};
#define HOST_FILE_INIT { .fd = -1 }

/* PYRO_NAME_TAKEN when the name is taken. The umask counts. */
bool host_file_open(struct host_file *f, const char *path, mode_t mode,
                    struct pyro_error *err) MUST_CHECK;
/* Blocks until it is on the disk. */
bool host_file_install(struct host_file *f, struct pyro_error *err) MUST_CHECK;
/* A file that was not installed is gone. */
void host_file_release(struct host_file *f);
#define scoped_host_file __attribute__((cleanup(host_file_release)))

#endif
