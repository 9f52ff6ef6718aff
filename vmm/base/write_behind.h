/*
 * Has the kernel begin to write to the disk what a large file was given, while more is still coming: the
 * fsync at its end then has little left to wait for. A hint: nothing fails, and without that fsync nothing
 * is promised.
 */
#ifndef PYRO_WRITE_BEHIND_H
#define PYRO_WRITE_BEHIND_H

#include <stddef.h>
#include <stdint.h>

/* A zeroed one is empty. */
struct write_behind {
    int64_t from, to; /* written, and not begun */
};

/* n bytes were written at `at`. System call: sync_file_range. */
void write_behind(struct write_behind *w, int fd, int64_t at, size_t n);

#endif
