/* The destination for the bytes of a file of any size, as they come. */
#ifndef PYRO_CONTENT_H
#define PYRO_CONTENT_H

#include <stddef.h>
#include <stdint.h>

#include "vmm/base/error.h"

struct content_sink {
    /* Before the first byte: the most there will be. May be NULL. */
    bool (*begin)(void *arg, uint64_t bytes, struct pyro_error *err);
    bool (*put)(void *arg, const void *bytes, size_t n, struct pyro_error *err);
    void *arg;
};

/* Which part of a file; max_bytes CONTENT_ALL: all of it from the offset on. */
#define CONTENT_ALL INT64_MAX
struct content_range {
    int64_t offset, max_bytes;
};

#endif
