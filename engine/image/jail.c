/* engine/image/jail.c: what pyro-image gives up before it reads foreign bytes. */
#include "engine/image/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

#define MEMORY_MAX_BYTES (6ULL << 30) /* xz's largest dictionary and two million names fit */
#define NOBODY 65534

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* No call in this list takes a path (newfstatat: fstat(3) is made of it), starts a program or opens
 * a connection. */
static const int allowed[] = {
    SCMP_SYS(read),      SCMP_SYS(write),        SCMP_SYS(readv),         SCMP_SYS(writev),
    SCMP_SYS(pread64),   SCMP_SYS(pwrite64),     SCMP_SYS(pwritev),       SCMP_SYS(lseek),
    SCMP_SYS(close),     SCMP_SYS(fstat),        SCMP_SYS(newfstatat),    SCMP_SYS(fcntl),
    SCMP_SYS(ftruncate), SCMP_SYS(fallocate),    SCMP_SYS(fsync),         SCMP_SYS(fdatasync),
    SCMP_SYS(munmap),    SCMP_SYS(mremap),       SCMP_SYS(madvise),       SCMP_SYS(brk),
    SCMP_SYS(futex),     SCMP_SYS(getrandom),    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
    SCMP_SYS(time),      SCMP_SYS(uname),        SCMP_SYS(getrlimit),     SCMP_SYS(getpid),
    SCMP_SYS(gettid),    SCMP_SYS(getuid),       SCMP_SYS(geteuid),       SCMP_SYS(getgid),
    SCMP_SYS(getegid),   SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigreturn),  SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(tgkill),    SCMP_SYS(exit),         SCMP_SYS(exit_group),    SCMP_SYS(restart_syscall),
};

static bool limit(int resource, rlim_t value)
{
    struct rlimit r = { .rlim_cur = value, .rlim_max = value };

    return setrlimit(resource, &r) == 0;
}

/* Memory that is writable and executable is never needed. */
static bool allow_memory(scmp_filter_ctx ctx, int call)
{
    return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
}

static bool filter_calls(int directory_fd)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool ok = ctx != NULL;

    for (size_t i = 0; ok && i < ARRAY_SIZE(allowed); i++)
        ok = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
    ok = ok && allow_memory(ctx, SCMP_SYS(mmap)) && allow_memory(ctx, SCMP_SYS(mprotect));
    if (ok && directory_fd >= 0)
        ok = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                              SCMP_A0(SCMP_CMP_EQ, (unsigned)directory_fd, 0)) == 0;
    ok = ok && seccomp_load(ctx) == 0;
    seccomp_release(ctx);
    return ok;
}

/* Where the kernel has Landlock: even a path that leads elsewhere opens nothing else. */
static void confine_files(int directory_fd)
{
    struct landlock_ruleset_attr ruleset = {
        .handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                             LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
                             LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                             LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
                             LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                             LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                             LANDLOCK_ACCESS_FS_MAKE_SYM,
    };
    struct landlock_path_beneath_attr beneath = {
        .allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG,
        .parent_fd = directory_fd,
    };
    scoped_close int fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0);

    if (fd < 0)
        return;
    if (directory_fd >= 0 &&
        syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0)
        return;
    if (syscall(SYS_landlock_restrict_self, fd, 0) != 0)
        return;
}

/* Gives up root. The kernel forgets whose death ends us when ids change: say it again. */
static bool drop_root(void)
{
    int signal_number = 0;

    prctl(PR_GET_PDEATHSIG, &signal_number, 0, 0, 0);
    if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0)
        return true; /* where even root may not change its ids (some containers) */
    return setresuid(NOBODY, NOBODY, NOBODY) == 0 &&
           prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0) == 0;
}

bool jail_enter(int directory_fd, struct pyro_error *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !limit(RLIMIT_CORE, 0))
        return pyro_fail_errno(err, "give up privileges");
    /* The leak check reads /proc and traces the process at its end. */
    if (SANITIZED)
        return true;
    confine_files(directory_fd);
    if (directory_fd < 0 && geteuid() == 0 && !drop_root())
        return pyro_fail_errno(err, "give up root");
    if (!limit(RLIMIT_AS, MEMORY_MAX_BYTES))
        return pyro_fail_errno(err, "limit memory");
    if (!filter_calls(directory_fd))
        return pyro_fail(err, PYRO_INTERNAL, "cannot install the system call filter");
    return true;
}
