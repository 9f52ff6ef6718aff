/* vmm/base/helper_jail.c: the calls that every helper may make, and the order of giving up. */
#include "vmm/base/helper_jail.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define REFUSE_BITS(name, n, bits)                                                                 \
    { .call = SYS_##name,                                                                          \
      .action = CONFINE_FAIL(EPERM),                                                               \
      .when = CONFINE_ANY_OF,                                                                      \
      .arg = (n),                                                                                  \
      .value = (bits) }

/*
 * No call in this list takes a path, starts a program or opens a connection; none reaches another
 * process: signals go to this one only (abort(3)), and a descriptor's owner, who would get them,
 * cannot be set.
 */
static bool filter_calls(const struct helper_jail *jail)
{
    const struct confine_rule common[] = {
        /* Memory that is both writable and executable is never needed. */
        REFUSE_BITS(mmap, 2, PROT_EXEC),
        HELPER_ALLOW(mmap),
        REFUSE_BITS(mprotect, 2, PROT_EXEC),
        HELPER_ALLOW(mprotect),
        HELPER_ALLOW_EQUAL(tgkill, 0, getpid()),
        HELPER_ALLOW_EQUAL(fcntl, 1, F_DUPFD_CLOEXEC),
        HELPER_ALLOW_EQUAL(fcntl, 1, F_GETFD),
        HELPER_ALLOW_EQUAL(fcntl, 1, F_SETFD),
        HELPER_ALLOW_EQUAL(fcntl, 1, F_GETFL),
        HELPER_ALLOW(read),
        HELPER_ALLOW(write),
        HELPER_ALLOW(readv),
        HELPER_ALLOW(writev),
        HELPER_ALLOW(close),
        HELPER_ALLOW(fstat),
        HELPER_ALLOW(munmap),
        HELPER_ALLOW(mremap),
        HELPER_ALLOW(madvise),
        HELPER_ALLOW(brk),
        HELPER_ALLOW(futex),
        HELPER_ALLOW(getrandom),
        HELPER_ALLOW(clock_gettime),
        HELPER_ALLOW(gettimeofday),
#ifdef SYS_time
        HELPER_ALLOW(time),
#endif
        HELPER_ALLOW(uname),
        HELPER_ALLOW(getrlimit),
        HELPER_ALLOW(getpid),
        HELPER_ALLOW(gettid),
        HELPER_ALLOW(getuid),
        HELPER_ALLOW(geteuid),
        HELPER_ALLOW(getgid),
        HELPER_ALLOW(getegid),
        HELPER_ALLOW(rt_sigaction),
        HELPER_ALLOW(rt_sigreturn),
        HELPER_ALLOW(rt_sigprocmask),
        HELPER_ALLOW(exit),
        HELPER_ALLOW(exit_group),
        HELPER_ALLOW(restart_syscall),
    };
    struct confine_rule rules[CONFINE_RULES_MAX];

    BUG_ON(ARRAY_SIZE(common) + jail->count > ARRAY_SIZE(rules));
    memcpy(rules, common, sizeof(common));
    memcpy(rules + ARRAY_SIZE(common), jail->further, jail->count * sizeof(*rules));
    return confine_calls(rules, ARRAY_SIZE(common) + jail->count, CONFINE_FAIL(EPERM));
}

bool helper_jail_enter(const struct helper_jail *jail, unsigned *ret_missing,
                       struct pyro_error *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !confine_limit(RLIMIT_CORE, 0))
        return pyro_fail_errno(err, "give up privileges");
    if (CONFINE_SANITIZED)
        return true;
    if (!confine_files(CONFINE_FILES, NULL, 0))
        *ret_missing |= JAIL_WITHOUT_LANDLOCK;
    if (geteuid() == 0 && !confine_become_nobody(NULL, 0))
        *ret_missing |= JAIL_WITHOUT_NOBODY;
    if (!confine_limit(RLIMIT_AS, jail->memory_max_bytes))
        return pyro_fail_errno(err, "limit memory");
    if (!filter_calls(jail))
        return pyro_fail_errno(err, "install the system call filter");
    return true;
}
