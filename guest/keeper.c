/* guest/keeper.c: the process that outlives a command's descendants. */
#include "guest/keeper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/base/confine.h"
#include "vmm/base/fs.h"

static pid_t parent_of(const char *pid)
{
    char path[64], stat[512], *end;
    scoped_close int fd = -1;
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : fs_read_full(fd, stat, sizeof(stat) - 1);
    if (n <= 0)
        return 0;
    stat[n] = '\0';
    end = strrchr(stat, ')'); /* "pid (name) state parent …", and a name may hold anything */
    return end && strlen(end) > 4 ? (pid_t)strtol(end + 4, NULL, 10) : 0;
}

/* Kills the children, whose own fall to this process, until none are left. */
static void kill_descendants(void)
{
    do {
        scoped_dir DIR *dir = opendir("/proc");
        struct dirent *entry;
        while (dir && (entry = readdir(dir)))
            if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
                parent_of(entry->d_name) == getpid())
                kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
    } while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
}

_Noreturn static void end_as(int status)
{
    sigset_t set;

    if (WIFSIGNALED(status)) {
        confine_limit(RLIMIT_CORE, 0);
        signal(WTERMSIG(status), SIG_DFL);
        /* This signal only: a SIGTERM that came while it ended must not count as the command's. */
        sigemptyset(&set);
        sigaddset(&set, WTERMSIG(status));
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        kill(getpid(), WTERMSIG(status));
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128);
}

/* Waits for the command's end, or for SIGTERM. */
static int await(pid_t command, const sigset_t *signals)
{
    siginfo_t info;
    int status;
    pid_t pid;

    for (;;) {
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            if (pid == command)
                return status;
        if (sigwaitinfo(signals, &info) == SIGTERM)
            return W_EXITCODE(0, SIGKILL);
    }
}

_Noreturn static void keeper_main(void (*start)(void *arg, struct keeper_report *report), void *arg,
                                  int report_fd, pid_t parent)
{
    struct keeper_report report = { 0 };
    sigset_t signals;
    int status;

    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_SETMASK, &signals, NULL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    setpgid(0, 0); /* out of reach of signals to the supervisor's group */
    start(arg, &report);
    if (write(report_fd, &report, sizeof(report)) != (ssize_t)sizeof(report) || report.result)
        _exit(1);
    /* No descriptor of this or another command stays open here. */
    close_range(0, ~0u, 0);
    status = await(report.command, &signals);
    kill_descendants();
    end_as(status);
}

bool keeper_start(void (*start)(void *arg, struct keeper_report *report), void *arg, pid_t *ret_pid,
                  struct keeper_report *ret, struct pyro_error *err)
{
    pid_t self = getpid(), pid;
    int fds[2];
    ssize_t n;

    if (pipe2(fds, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "exec: pipe");
    pid = fork();
    if (pid == 0)
        keeper_main(start, arg, fds[1], self);
    close(fds[1]);
    n = pid < 0 ? -1 : fs_read_full(fds[0], ret, sizeof(*ret));
    close(fds[0]);
    if (pid < 0)
        return pyro_fail_errno(err, "exec: fork");
    if (n != (ssize_t)sizeof(*ret) || ret->result) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
        if (n != (ssize_t)sizeof(*ret))
            return pyro_fail(err, PYRO_INTERNAL, "exec: the command's keeper died");
    }
    *ret_pid = pid;
    return true;
}
