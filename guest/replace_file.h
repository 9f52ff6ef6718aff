/* Files of the guest's system that pyro writes: /etc/hosts and the like. */
#ifndef PYRO_GUEST_REPLACE_FILE_H
#define PYRO_GUEST_REPLACE_FILE_H

#include <sys/types.h>

#include "vmm/base/error.h"

/* Replaces a file atomically, unless it already has that content. */
bool guest_replace_file(const char *path, const void *bytes, size_t n, mode_t mode,
                        struct pyro_error *err) MUST_CHECK;

#endif
