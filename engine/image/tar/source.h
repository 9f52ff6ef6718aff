/* Reading a foreign archive from a descriptor with libarchive. */
#ifndef PYRO_IMAGE_SOURCE_H
#define PYRO_IMAGE_SOURCE_H

#include <archive.h>
#include <archive_entry.h>

#include "vmm/base/error.h"

static inline void cleanup_archive_read(struct archive **a)
{
    archive_read_free(*a);
}
#define scoped_archive_read __attribute__((cleanup(cleanup_archive_read))) struct archive

/*
 * A reader of tar in any dialect, plain or compressed in a format that libarchive decompresses
 * itself (the filters that would start a program are left out). Not opened yet. NULL out of memory.
 */
struct archive *source_new_tar(struct pyro_error *err) MUST_CHECK;
/* Opens it on a descriptor, with reads large enough for a fast pipe. */
bool source_open_fd(struct archive *a, int fd, struct pyro_error *err) MUST_CHECK;
/* PYRO_INVALID_ARGUMENT with libarchive's own message; `what` may name the member. */
bool source_fail(struct archive *a, const char *what, struct pyro_error *err);

#endif
