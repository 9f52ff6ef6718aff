/* engine/image/jail.c: the rights pyro-image gives up before it reads foreign bytes. */
#include "engine/image/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/confine.h"

#define MEMORY_MAX_BYTES (6ULL << 30) /* xz's largest dictionary and two million names fit */

#define ALLOW(name) { .call = SYS_##name, .action = CONFINE_ALLOW }
#define ALLOW_EQUAL(name, n, wanted)                                                               \
    { .call = SYS_##name,                                                                          \
      .action = CONFINE_ALLOW,                                                                     \
      .when = CONFINE_EQUAL,                                                                       \
      .arg = (n),                                                                                  \
      .value = (uint32_t)(wanted) }
#define REFUSE_BITS(name, n, bits)                                                                 \
    { .call = SYS_##name,                                                                          \
      .action = CONFINE_FAIL(EPERM),                                                               \
      .when = CONFINE_ANY_OF,                                                                      \
      .arg = (n),                                                                                  \
      .value = (bits) }

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

/*
 * No call in this list takes a path, starts a program or opens a connection; none reaches another
 * process: signals go to this one only (abort(3)), and a descriptor's owner, who would get them,
 * cannot be set.
 */
static bool filter_calls(void)
{
    const struct confine_rule rules[] = {
        /* Memory that is both writable and executable is never needed. */
        REFUSE_BITS(mmap, 2, PROT_EXEC),
        ALLOW(mmap),
        REFUSE_BITS(mprotect, 2, PROT_EXEC),
        ALLOW(mprotect),
        ALLOW_EQUAL(tgkill, 0, getpid()),
        ALLOW_EQUAL(fcntl, 1, F_DUPFD_CLOEXEC),
        ALLOW_EQUAL(fcntl, 1, F_GETFD),
        ALLOW_EQUAL(fcntl, 1, F_SETFD),
        ALLOW_EQUAL(fcntl, 1, F_GETFL),
        ALLOW(read),
        ALLOW(write),
        ALLOW(readv),
        ALLOW(writev),
        ALLOW(pread64),
        ALLOW(pwrite64),
        ALLOW(pwritev),
        ALLOW(lseek),
        ALLOW(close),
        ALLOW(fstat),
        ALLOW(ftruncate),
        ALLOW(fallocate),
        ALLOW(fsync),
        ALLOW(fdatasync),
        ALLOW(munmap),
        ALLOW(mremap),
        ALLOW(madvise),
        ALLOW(brk),
        ALLOW(futex),
        ALLOW(getrandom),
        ALLOW(clock_gettime),
        ALLOW(gettimeofday),
#ifdef SYS_time
        ALLOW(time),
#endif
        ALLOW(uname),
        ALLOW(getrlimit),
        ALLOW(getpid),
        ALLOW(gettid),
        ALLOW(getuid),
        ALLOW(geteuid),
        ALLOW(getgid),
        ALLOW(getegid),
        ALLOW(rt_sigaction),
        ALLOW(rt_sigreturn),
        ALLOW(rt_sigprocmask),
        ALLOW(exit),
        ALLOW(exit_group),
        ALLOW(restart_syscall),
    };

    return confine_calls(rules, ARRAY_SIZE(rules), CONFINE_FAIL(EPERM));
}

unsigned jail_missing(void)
{
    return missing;
}

bool jail_enter(struct pyro_error *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !confine_limit(RLIMIT_CORE, 0))
        return pyro_fail_errno(err, "give up privileges");
    if (CONFINE_SANITIZED)
        return true;
    if (!confine_files(CONFINE_FILES, NULL, 0))
        missing |= JAIL_WITHOUT_LANDLOCK;
    if (geteuid() == 0 && !confine_become_nobody(NULL, 0))
        missing |= JAIL_WITHOUT_NOBODY;
    if (!confine_limit(RLIMIT_AS, MEMORY_MAX_BYTES))
        return pyro_fail_errno(err, "limit memory");
    if (!filter_calls())
        return pyro_fail_errno(err, "install the system call filter");
    return true;
}
