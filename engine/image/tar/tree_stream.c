/* engine/image/tar/tree_stream.c: the destination of a stream of files. */
#include "engine/image/tar/tree_stream.h"

#include "vmm/base/fs.h"

bool tree_stream_write(void *arg, const void *bytes, size_t n, struct pyro_error *err)
{
    return fs_write_all(*(const int *)arg, bytes, n, err);
}
