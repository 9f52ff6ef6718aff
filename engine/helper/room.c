/* engine/helper/room.c: statvfs(3), in words. */
#include "engine/helper/room.h"

#include <sys/statvfs.h>

#define MIB (1 << 20)

bool room_check(int dirfd, const char *where, int64_t bytes, struct pyro_error *err)
{
    struct statvfs fs;
    double free_bytes;

    if (fstatvfs(dirfd, &fs) != 0)
        return true;
    free_bytes = (double)fs.f_bavail * (double)fs.f_frsize;
    if (free_bytes >= (double)bytes)
        return true;
    pyro_fail(err, PYRO_NO_SPACE, "about %lld MiB are needed, and %lld MiB are free in '%s'",
              (long long)(bytes / MIB) + 1, (long long)(free_bytes / MIB), where);
    return pyro_hint(err, "make room there, for example with 'pyro env prune'");
}
