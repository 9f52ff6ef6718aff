/*
 * guest/spawn.c: clone3(2) with the memory shared and the parent waiting.
 *
 * The child runs on a stack of its own, in the parent's memory, while the parent is suspended: it
 * reports its errno by storing it, and must touch nothing else. CLONE_INTO_CGROUP puts it into its
 * group at birth; moving it afterwards would wait for a grace period of the kernel's.
 */
#include "guest/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/keeper.h"
#include "vmm/base/fs.h"
#include "vmm/base/limits.h"

#define STACK_BYTES (128 * 1024)

enum stage { STAGE_SETUP, STAGE_CWD, STAGE_EXEC };

struct newborn {
    const struct spawn *sp;
    bool join_group; /* not born in its group */
    volatile int error;
    volatile enum stage stage;
};

static uint8_t stack[STACK_BYTES] __attribute__((aligned(64)));

/* The caller of pyro may have had signals ignored, glibc's own two among them, which only the raw
 * call resets. */
static void reset_signals(void)
{
    static const struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        unsigned long mask;
    } by_default;

    for (int i = 1; i < NSIG; i++)
        syscall(SYS_rt_sigaction, i, &by_default, NULL, sizeof(by_default.mask));
}

static bool set_up(struct newborn *c)
{
    static const struct rlimit files = { 1024, 524288 }, core = { 0, RLIM_INFINITY };
    const struct sigaction by_default = { .sa_handler = SIG_DFL };
    sigset_t none;

    setsid();
    if (c->join_group && !fs_write_setting(c->sp->cgroup_fd, "cgroup.procs", "0"))
        return false;
    for (int i = 0; i < 3; i++)
        if (dup2(c->sp->fds[i], i) < 0)
            return false;
    if (c->sp->terminal && ioctl(0, TIOCSCTTY, 0) != 0)
        return false;
    if (c->sp->in_vm) {
        (void)!fs_write_setting(AT_FDCWD, "/proc/self/oom_score_adj", "0");
        setrlimit(RLIMIT_NOFILE, &files);
        setrlimit(RLIMIT_CORE, &core);
        umask(022);
    } else {
        files_restore();
        reset_signals();
    }
    sigaction(SIGPIPE, &by_default, NULL);
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

/* By the bare calls: those of a C library would change the other threads, had it any. */
static bool become(const struct guest_user *u)
{
    return syscall(SYS_setgroups, u->group_count, u->groups) == 0 &&
           syscall(SYS_setresgid, u->gid, u->gid, u->gid) == 0 &&
           syscall(SYS_setresuid, u->uid, u->uid, u->uid) == 0;
}

/* Runs one file; a script without an interpreter line goes to sh, as execvp(3) does. */
static int try_exec(const struct spawn *sp, const char *path)
{
    execve(path, sp->argv, sp->envp);
    if (errno == ENOEXEC) {
        char *script = sp->argv[0];
        sp->argv[-1] = (char *)(uintptr_t)"/bin/sh";
        sp->argv[0] = (char *)(uintptr_t)path;
        execve("/bin/sh", sp->argv - 1, sp->envp);
        sp->argv[0] = script;
    }
    return errno;
}

/* Looks the command up as a shell does; returns the errno to report. */
static int search_exec(const struct spawn *sp)
{
    const char *name = sp->argv[0], *dir = sp->search_path, *end;
    char path[PATH_MAX];
    int found = ENOENT;

    if (strchr(name, '/'))
        return try_exec(sp, name);
    for (; *name; dir = end + 1) {
        int n, error;
        end = strchrnul(dir, ':');
        n = snprintf(path, sizeof(path), "%.*s%s%s", (int)(end - dir), dir, end > dir ? "/" : "",
                     name);
        error = n < (int)sizeof(path) ? try_exec(sp, path) : ENAMETOOLONG;
        if (error != ENOENT && error != ENOTDIR && error != ENAMETOOLONG)
            found = error;
        if (!*end)
            break;
    }
    return found;
}

static void spawn_newborn_main(struct newborn *c)
{
    if (!set_up(c)) {
        c->error = errno;
        _exit(127);
    }
    if (c->sp->user && !become(c->sp->user)) {
        c->error = errno;
        _exit(127);
    }
    c->stage = STAGE_CWD;
    if (chdir(c->sp->cwd) != 0) {
        c->error = errno;
        _exit(127);
    }
    c->stage = STAGE_EXEC;
    c->error = search_exec(c->sp);
    _exit(127);
}

/* clone3(2) whose child calls spawn_newborn_main(c) on the stack in args. */
static long clone_newborn(struct clone_args *args, struct newborn *c)
{
    register long rax __asm__("rax") = SYS_clone3;

    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %[c], %%rdi\n\t"
                     "call *%[fn]\n\t"
                     "hlt\n"
                     "1:"
                     : "+r"(rax)
                     : "D"(args), "S"(sizeof(*args)), [c] "r"(c), [fn] "r"(spawn_newborn_main)
                     : "rcx", "r11", "memory");
    return rax;
}

static long start(struct newborn *c)
{
    struct clone_args args = { .flags = CLONE_VM | CLONE_VFORK,
                               .exit_signal = SIGCHLD,
                               .stack = (uintptr_t)stack,
                               .stack_size = sizeof(stack) };
    long pid;

    if (c->sp->cgroup_fd >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)c->sp->cgroup_fd;
        pid = clone_newborn(&args, c);
        if (pid > 0 || pid == -EAGAIN || pid == -ENOMEM)
            return pid;
        args.flags &= ~(uint64_t)CLONE_INTO_CGROUP;
        args.cgroup = 0;
        c->join_group = true;
    }
    return clone_newborn(&args, c);
}

static enum spawn_result explain(const struct newborn *c, struct pyro_error *err)
{
    const char *name = c->sp->argv[0];

    errno = c->error;
    if (c->stage == STAGE_SETUP)
        pyro_fail_errno(err, "start '%.200s'", name);
    else if (c->stage == STAGE_CWD)
        pyro_fail(err, PYRO_GUEST_ERROR, "working directory '%.300s': %s", c->sp->cwd,
                  strerror(c->error));
    if (c->stage != STAGE_EXEC)
        return SPAWN_FAILED;
    if (c->error == ENOENT || c->error == ENOTDIR) {
        pyro_fail(err, PYRO_GUEST_ERROR, "%.300s: command not found", name);
        return SPAWN_NOT_FOUND;
    }
    pyro_fail(err, PYRO_GUEST_ERROR, "%.300s: %s", name, strerror(c->error));
    return SPAWN_NOT_EXECUTABLE;
}

enum spawn_result spawn_start(const struct spawn *sp, pid_t *ret_pid, struct pyro_error *err)
{
    struct newborn c = { .sp = sp };
    sigset_t all, before;
    long pid;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid = start(&c);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid < 0) {
        errno = (int)-pid;
        pyro_fail_errno(err, "start '%.200s'", sp->argv[0]);
        return SPAWN_FAILED;
    }
    if (c.error == 0) {
        *ret_pid = (pid_t)pid;
        return SPAWN_OK;
    }
    while (waitpid((pid_t)pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return explain(&c, err);
}

static void spawn_start_for_keeper(void *arg, struct keeper_report *report)
{
    report->result = (int)spawn_start(arg, &report->command, &report->err);
}

enum spawn_result spawn_start_kept(const struct spawn *sp, pid_t *ret_pid, pid_t *ret_child,
                                   struct pyro_error *err)
{
    struct keeper_report report;
    pid_t keeper;

    if (!keeper_start(spawn_start_for_keeper, (void *)(uintptr_t)sp, &keeper, &report, err))
        return SPAWN_FAILED;
    if (report.result != SPAWN_OK) {
        pyro_copy(err, &report.err);
        return (enum spawn_result)report.result;
    }
    *ret_pid = report.command;
    *ret_child = keeper;
    return SPAWN_OK;
}
