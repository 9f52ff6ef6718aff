/* engine/image/jail.c: the rights pyro-image keeps beyond those that every helper has. */
#include "engine/image/jail.h"

#include <sys/stat.h>
#include <unistd.h>

#define MEMORY_MAX_BYTES (6ULL << 30) /* xz's largest dictionary and two million names fit */

static const struct confine_rule files[] = {
    HELPER_ALLOW(pread64),         HELPER_ALLOW(pwrite64),  HELPER_ALLOW(pwritev),
    HELPER_ALLOW(lseek),           HELPER_ALLOW(ftruncate), HELPER_ALLOW(fallocate),
    HELPER_ALLOW(fsync),           HELPER_ALLOW(fdatasync), HELPER_ALLOW(sync_file_range),
    HELPER_ALLOW(copy_file_range),
};

static unsigned missing;

#if !CONFINE_SANITIZED
/*
 * The C library makes fstat(3) of newfstatat(2), which takes a path as well, and what it points to
 * cannot be looked at by a filter. So the program and its libraries have this one. Within the C
 * library stdio asks too, and does without an answer.
 */
#define EVERYWHERE __attribute__((visibility("default")))

EVERYWHERE int fstat(int fd, struct stat *ret)
{
    return (int)syscall(SYS_fstat, fd, ret);
}

EVERYWHERE int fstat64(int fd, struct stat64 *ret)
{
    return (int)syscall(SYS_fstat, fd, ret);
}
#endif

unsigned jail_missing(void)
{
    return missing;
}

bool jail_enter(struct pyro_error *err)
{
    const struct helper_jail jail = { files, ARRAY_SIZE(files), MEMORY_MAX_BYTES };

    return helper_jail_enter(&jail, &missing, err);
}
