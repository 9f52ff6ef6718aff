/*
 * Memory calls fail rather than kill: the C library's malloc then uses the block it was given
 * before (one large block, freed again, with trimming and mmap turned off) and after that returns
 * NULL. brk(2) fails by returning 0: the kernel's brk never returns an error but the current break,
 * so the C library takes any address that is not below the one it asked for as success, an errno
 * too.
 */
#include "vmm/base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/base/cleanup.h"
#include "vmm/base/confine.h"
#include "vmm/base/fs.h"
#include "vmm/base/inherit.h"
#include "vmm/base/proc.h"

/* How a child that did not do its job ends. */
enum { EXIT_TOO_LARGE = 1, EXIT_UNCONFINED, EXIT_NO_MEMORY };

static bool install_filter(void)
{
    static const struct confine_rule rules[] = {
        { .call = SYS_read, .action = CONFINE_ALLOW },
        { .call = SYS_write, .action = CONFINE_ALLOW },
#ifdef SYS_poll
        { .call = SYS_poll, .action = CONFINE_ALLOW },
#endif
        { .call = SYS_ppoll, .action = CONFINE_ALLOW },
        { .call = SYS_exit, .action = CONFINE_ALLOW },
        { .call = SYS_exit_group, .action = CONFINE_ALLOW },
        { .call = SYS_rt_sigreturn, .action = CONFINE_ALLOW },
        { .call = SYS_brk, .action = CONFINE_FAIL(0) },
        { .call = SYS_mmap, .action = CONFINE_FAIL(ENOMEM) },
        { .call = SYS_mremap, .action = CONFINE_FAIL(ENOMEM) },
        { .call = SYS_munmap, .action = CONFINE_FAIL(ENOMEM) },
        { .call = SYS_madvise, .action = CONFINE_FAIL(ENOMEM) },
    };

    return confine_calls(rules, ARRAY_SIZE(rules), CONFINE_KILL);
}

static bool prepare_heap(size_t bytes)
{
    void *block;

    if (CONFINE_SANITIZED)
        return true;
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, -1); /* never, however large the block is */
    mallopt(M_TOP_PAD, 0);
    block = malloc(bytes);
    free(block);
    return block != NULL;
}

static bool place_descriptors(int in_fd, int out_fd)
{
    int in = in_fd >= 0 ? in_fd : open("/dev/null", O_RDONLY | O_CLOEXEC);
    int high_in = fcntl(in, F_DUPFD, 3), high_out = fcntl(out_fd, F_DUPFD, 3);

    if (in < 0 || high_in < 0 || high_out < 0 || dup2(high_in, 0) < 0 || dup2(high_out, 1) < 0)
        return false;
    /* a sanitizer's report goes to stderr */
    return syscall(SYS_close_range, CONFINE_SANITIZED ? 3u : 2u, ~0u, 0u) == 0;
}

static bool limit_resources(unsigned cpu_seconds)
{
    return confine_limit(RLIMIT_CORE, 0) &&
           (!cpu_seconds || confine_limit(RLIMIT_CPU, cpu_seconds)) &&
           prctl(PR_SET_DUMPABLE, 0) == 0;
}

_Noreturn static void child(const struct sandbox_task *task, pid_t parent, int in_fd, int out_fd)
{
    sigset_t none;

    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(EXIT_UNCONFINED);
    if (!place_descriptors(in_fd, out_fd) || !limit_resources(task->cpu_seconds))
        _exit(EXIT_UNCONFINED);
    if (!prepare_heap(task->heap_bytes))
        _exit(EXIT_NO_MEMORY);
    inherit_wipe_environment();
    if (!CONFINE_SANITIZED && !install_filter())
        _exit(EXIT_UNCONFINED);
    _exit(task->job(task->arg) ? 0 : EXIT_TOO_LARGE);
}

bool sandbox_spawn(const struct sandbox_task *task, int in_fd, int out_fd, pid_t *ret_pid,
                   struct pyro_error *err)
{
    pid_t parent = getpid(), pid = fork();

    if (pid < 0)
        return pyro_fail_errno(err, "starting the renderer");
    if (pid == 0)
        child(task, parent, in_fd, out_fd);
    *ret_pid = pid;
    return true;
}

bool sandbox_enter(void)
{
    return limit_resources(0) && (CONFINE_SANITIZED || install_filter());
}

bool sandbox_wait(pid_t pid, struct pyro_error *err)
{
    int status;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return pyro_fail_errno(err, "waiting for the renderer");
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE) {
        errno = EPIPE;
        return pyro_fail_errno(err, "writing the text");
    }
    if (WIFSIGNALED(status))
        return pyro_fail(err, PYRO_INTERNAL, "rendering: the terminal process was ended by %s",
                         strsignal(WTERMSIG(status)));
    switch (WEXITSTATUS(status)) {
    case 0:
        return true;
    case EXIT_UNCONFINED:
        return pyro_fail(err, PYRO_INTERNAL,
                         "rendering: the terminal process could not be confined");
    case EXIT_NO_MEMORY:
        return pyro_fail(err, PYRO_NO_MEMORY, "rendering: this host does not have enough memory");
    default:
        return pyro_fail(err, PYRO_NO_MEMORY, "rendering: the text is too large");
    }
}

void sandbox_exhausted(void)
{
    _exit(EXIT_TOO_LARGE);
}

/* Reads up to the end; on any failure the child is killed, and still has to be waited for. */
static bool collect(int fd, pid_t pid, struct buf *ret, struct pyro_error *err)
{
    if (fs_read_fd(fd, ret))
        return true;
    if (errno == EFBIG)
        pyro_fail(err, PYRO_NO_MEMORY, "rendering: the text is too large");
    else
        pyro_fail_errno(err, "reading from the renderer");
    proc_signal(pid, SIGKILL);
    return false;
}

bool sandbox_run(const struct sandbox_task *task, int in_fd, struct buf *ret,
                 struct pyro_error *err)
{
    scoped_close int read_end = -1;
    int ends[2];
    pid_t pid = -1;
    bool collected;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return pyro_fail_errno(err, "starting the renderer");
    read_end = ends[0];
    if (!sandbox_spawn(task, in_fd, ends[1], &pid, err)) {
        close(ends[1]);
        return false;
    }
    close(ends[1]);
    collected = collect(read_end, pid, ret, err);
    return sandbox_wait(pid, collected ? err : NULL) && collected;
}

bool sandbox_write(const void *bytes, size_t n)
{
    return fs_write_all(1, bytes, n, NULL);
}

ssize_t sandbox_read(void *bytes, size_t n)
{
    ssize_t got;

    do
        got = read(0, bytes, n);
    while (got < 0 && errno == EINTR);
    return got;
}
