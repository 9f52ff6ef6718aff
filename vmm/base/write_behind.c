/* vmm/base/write_behind.c: pieces of some megabytes, each begun once. */
#include "vmm/base/write_behind.h"

#include <fcntl.h>

#define PIECE_BYTES (8 << 20)

void write_behind(struct write_behind *w, int fd, int64_t at, size_t n)
{
    if (at != w->to) /* what was written elsewhere is left to the kernel, and to fsync */
        w->from = at;
    w->to = at + (int64_t)n;
    if (w->to - w->from < PIECE_BYTES)
        return;
    (void)!sync_file_range(fd, w->from, w->to - w->from, SYNC_FILE_RANGE_WRITE);
    w->from = w->to;
}
