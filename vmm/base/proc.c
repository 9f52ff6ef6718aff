/* vmm/base/proc.c: starting, watching and ending child processes. */
#include "vmm/base/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/close_range.h>

#include "vmm/base/fs.h"
#include "vmm/base/limits.h"

#define STDERR_TAIL_BYTES 4096
#define KILL_MS 10000 /* from SIGKILL to the end: the kernel frees its memory */

bool proc_in_path(const char *program, const char *further)
{
    const char *path = getenv("PATH");
    scoped_free char *all = str_printf("%s:%s", path ? path : "/bin:/usr/bin", further);
    char *rest = all, *directory;

    while ((directory = strsep(&rest, ":"))) {
        scoped_free char *file = str_printf("%s/%s", directory, program);
        if (*directory && file && access(file, X_OK) == 0)
            return true;
    }
    return false;
}

struct proc_spec proc_spec_of(const char *const *argv)
{
    return (struct proc_spec){ .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1 };
}

/* Moves the spec's descriptors to their numbers; two passes, so that no source is overwritten. */
static bool arrange_fds(const struct proc_spec *spec, int report_fd, int *ret_report)
{
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    int from[PROC_FDS_MAX + 3], to[PROC_FDS_MAX + 3], high = 3;
    unsigned n = 0;

    if (null_fd < 0)
        return false;
    from[n] = spec->stdin_fd >= 0 ? spec->stdin_fd : null_fd, to[n++] = 0;
    from[n] = spec->stdout_fd >= 0 ? spec->stdout_fd : null_fd, to[n++] = 1;
    from[n] = spec->stderr_fd >= 0 ? spec->stderr_fd : null_fd, to[n++] = 2;
    for (unsigned i = 0; i < spec->fd_count; i++)
        from[n] = spec->fds[i].from, to[n++] = spec->fds[i].to;
    for (unsigned i = 0; i < n; i++)
        high = to[i] >= high ? to[i] + 1 : high;
    /* Parked above the wanted numbers while those are filled. */
    for (unsigned i = 0; i < n; i++)
        if ((from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, high)) < 0)
            return false;
    *ret_report = fcntl(report_fd, F_DUPFD_CLOEXEC, high);
    /* Descriptors this process inherited unknowingly are not passed on. */
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    for (unsigned i = 0; i < n; i++)
        if (dup2(from[i], to[i]) < 0)
            return false;
    return *ret_report >= 0;
}

/* An action that was set to "ignore" would outlive exec. */
static void reset_signals(bool hold)
{
    static const int held[] = { SIGTERM, SIGINT, SIGHUP };
    sigset_t blocked;

    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    sigemptyset(&blocked);
    for (size_t i = 0; hold && i < ARRAY_SIZE(held); i++)
        sigaddset(&blocked, held[i]);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
}

static bool leave_surroundings(const struct proc_spec *spec)
{
    if (!(spec->inherit & INHERIT_UMASK))
        umask(022);
    return (spec->inherit & INHERIT_DIRECTORY) || chdir("/") == 0;
}

_Noreturn static void child_main(const struct proc_spec *spec, const char *const *variables,
                                 int report_fd, pid_t parent)
{
    struct pyro_error err = { 0 };
    int report = report_fd;

    if (spec->new_session)
        setsid();
    if (spec->die_with_parent) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        /* In a pid namespace of its own it cannot see its parent. */
        if (getppid() != parent && !(spec->clone_flags & CLONE_NEWPID))
            _exit(127);
    }
    reset_signals(spec->hold_signals);
    if (!arrange_fds(spec, report_fd, &report)) {
        pyro_fail_errno(&err, "arrange descriptors");
    } else if (!leave_surroundings(spec)) {
        pyro_fail_errno(&err, "enter '/'");
    } else if (!spec->before_exec || spec->before_exec(spec->arg, &err)) {
        if (spec->inherit & INHERIT_FILE_LIMIT)
            files_restore();
        execvpe(spec->argv[0], (char *const *)(uintptr_t)spec->argv,
                (char *const *)(uintptr_t)variables);
        if (errno == ENOENT)
            pyro_fail(&err, PYRO_DEPENDENCY_MISSING, "%s: program not found", spec->argv[0]);
        else
            pyro_fail_errno(&err, "run '%s'", spec->argv[0]);
    }
    if (write(report, &err, sizeof(err)) < 0)
        _exit(126);
    _exit(127);
}

bool proc_start(const struct proc_spec *spec, pid_t *ret_pid, struct pyro_error *err)
{
    scoped_free const char **variables = inherit_environment(spec->inherit, spec->set);
    struct pyro_error child_err;
    pid_t parent = getpid(), pid;
    int pipe_fds[2];
    ssize_t n;

    if (!variables)
        return pyro_fail(err, PYRO_NO_MEMORY, "start '%s': out of memory", spec->argv[0]);
    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "start '%s': pipe", spec->argv[0]);
    /* fork(2) in terms of clone(2), for which glibc has no wrapper. */
    pid = spec->clone_flags
              ? (pid_t)syscall(SYS_clone, (long)spec->clone_flags | SIGCHLD, NULL, NULL, NULL, 0)
              : fork();
    if (pid == 0)
        child_main(spec, variables, pipe_fds[1], parent);
    close(pipe_fds[1]);
    if (pid < 0) {
        close(pipe_fds[0]);
        return pyro_fail_errno(err, "start '%s': fork", spec->argv[0]);
    }
    n = fs_read_full(pipe_fds[0], &child_err, sizeof(child_err));
    close(pipe_fds[0]);
    if (n == 0) {
        *ret_pid = pid;
        return true;
    }
    proc_kill(pid);
    if (n != (ssize_t)sizeof(child_err))
        return pyro_fail(err, PYRO_INTERNAL, "start '%s': the child died", spec->argv[0]);
    return pyro_copy(err, &child_err);
}

bool proc_wait_fd(int pidfd, int64_t deadline_ms)
{
    struct pollfd p = { .fd = pidfd, .events = POLLIN };

    for (;;) {
        int64_t left = deadline_ms - clock_ms();
        int rc = poll(&p, 1, left <= 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left);
        if (rc > 0 || (rc == 0 && left <= 0))
            return rc > 0;
    }
}

bool proc_wait(pid_t pid, int64_t deadline_ms, int *ret_status, struct pyro_error *err)
{
    scoped_close int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (pidfd >= 0 && !proc_wait_fd(pidfd, deadline_ms)) {
        proc_kill(pid);
        return pyro_fail(err, PYRO_TIMEOUT, "process %d did not end in time", (int)pid);
    }
    while (waitpid(pid, ret_status, 0) < 0)
        if (errno != EINTR)
            return pyro_fail_errno(err, "wait for process %d", (int)pid);
    return true;
}

static void keep_head(struct buf *head, const char *bytes, size_t n)
{
    size_t room = head->max - head->len;

    if (!buf_append(head, bytes, n < room ? n : room))
        buf_clear(head);
}

/* Reads both pipes to their ends; false past the deadline. */
/* False at the deadline, or once stop_fd (-1: none) is readable. */
static bool collect(int out_fd, int err_fd, int stop_fd, int64_t deadline_ms, struct buf *out,
                    struct buf *tail)
{
    struct pollfd p[] = { { .fd = out_fd, .events = POLLIN },
                          { .fd = err_fd, .events = POLLIN },
                          { .fd = stop_fd, .events = POLLIN } };
    char chunk[16384];

    while (p[0].fd >= 0 || p[1].fd >= 0) {
        int64_t left = deadline_ms - clock_ms();
        if (left <= 0)
            return false;
        if (poll(p, ARRAY_SIZE(p), left > INT32_MAX ? INT32_MAX : (int)left) < 0)
            continue;
        if (p[2].revents)
            return false;
        for (int i = 0; i < 2; i++) {
            ssize_t n;
            if (p[i].fd < 0 || !p[i].revents)
                continue;
            n = read(p[i].fd, chunk, sizeof(chunk));
            if (n <= 0)
                p[i].fd = -1;
            else if (i == 0)
                keep_head(out, chunk, (size_t)n);
            else
                buf_keep_tail(tail, chunk, (size_t)n);
        }
    }
    return true;
}

static bool check_status(const char *name, int status, struct buf *tail, struct pyro_error *err)
{
    const char *line;

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    while (tail->len && (tail->data[tail->len - 1] == '\n' || tail->data[tail->len - 1] == ' '))
        tail->data[--tail->len] = '\0';
    line = tail->len ? strrchr(tail->data, '\n') : NULL;
    line = line ? line + 1 : tail->len ? tail->data : "no message";
    if (WIFSIGNALED(status))
        return pyro_fail(err, PYRO_IO, "%s died of signal %d: %s", name, WTERMSIG(status), line);
    return pyro_fail(err, PYRO_IO, "%s failed with status %d: %s", name, WEXITSTATUS(status), line);
}

bool proc_run(const struct proc_spec *spec, int64_t timeout_ms, struct buf *ret_out,
              struct pyro_error *err)
{
    int64_t deadline_ms = clock_ms() + timeout_ms;
    struct proc_spec piped = *spec;
    scoped_buf tail = BUF_INIT(STDERR_TAIL_BYTES);
    int out[2], errors[2], status;
    scoped_close int stop = spec->stopped_by ? signalfd(-1, spec->stopped_by, SFD_CLOEXEC) : -1;
    scoped_kill pid = 0;
    bool ok;

    if (pipe2(out, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "run '%s': pipe", spec->argv[0]);
    if (pipe2(errors, O_CLOEXEC) != 0) {
        close(out[0]), close(out[1]);
        return pyro_fail_errno(err, "run '%s': pipe", spec->argv[0]);
    }
    piped.stdout_fd = out[1];
    piped.stderr_fd = errors[1];
    piped.die_with_parent = true;
    ok = proc_start(&piped, &pid, err);
    close(out[1]), close(errors[1]);
    if (ok && !collect(out[0], errors[0], stop, deadline_ms, ret_out, &tail)) {
        struct signalfd_siginfo taken;
        ok = clock_ms() < deadline_ms && read(stop, &taken, sizeof(taken)) > 0
                 ? pyro_fail(err, PYRO_INTERRUPTED, "%s was stopped by a signal", spec->argv[0])
                 : pyro_fail(err, PYRO_TIMEOUT, "%s did not end in %lld ms", spec->argv[0],
                             (long long)timeout_ms);
    }
    close(out[0]), close(errors[0]);
    if (!ok)
        return false;
    ok = proc_wait(pid, deadline_ms, &status, err);
    pid = 0;
    return ok && check_status(spec->argv[0], status, &tail, err);
}

bool proc_boot_id(char ret[PROC_BOOT_ID_SIZE])
{
    scoped_buf text = BUF_INIT(64);

    if (!fs_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", &text, NULL) ||
        text.len < PROC_BOOT_ID_SIZE - 1)
        return false;
    memcpy(ret, text.data, PROC_BOOT_ID_SIZE - 1);
    ret[PROC_BOOT_ID_SIZE - 1] = '\0';
    return true;
}

size_t proc_read_file(pid_t pid, const char *file, char *ret, size_t size)
{
    char path[64];
    scoped_close int fd = -1;
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = pid <= 0 || fd < 0 ? 0 : fs_read_full(fd, ret, size - 1);
    ret[n > 0 ? n : 0] = '\0';
    return n > 0 ? (size_t)n : 0;
}

uint64_t proc_start_time(pid_t pid)
{
    char stat[1024], *p;

    if (!proc_read_file(pid, "stat", stat, sizeof(stat)))
        return 0;
    p = strrchr(stat, ')'); /* the command's name may hold anything, even a ')' */
    if (!p || p[1] != ' ' || p[2] == 'Z' || p[2] == 'X')
        return 0;
    for (int field = 2; field < 22 && p; field++)
        p = strchr(p + 1, ' ');
    return p ? strtoull(p, NULL, 10) : 0;
}

/* From the fields of /proc/PID/task/TID/stat and schedstat. */
static bool add_thread(pid_t pid, const char *tid, struct proc_usage *u)
{
    char path[64], text[1024], *p;
    unsigned long long ran_ns, waited_ns;

    snprintf(path, sizeof(path), "task/%.20s/schedstat", tid);
    if (!proc_read_file(pid, path, text, sizeof(text)) ||
        sscanf(text, "%llu %llu", &ran_ns, &waited_ns) != 2)
        return false;
    u->ran_ms += (int64_t)(ran_ns / 1000000);
    u->waited_ms += (int64_t)(waited_ns / 1000000);
    snprintf(path, sizeof(path), "task/%.20s/stat", tid);
    p = proc_read_file(pid, path, text, sizeof(text)) ? strrchr(text, ')') : NULL;
    u->is_blocked |= p && p[1] == ' ' && p[2] == 'D';
    return true;
}

bool proc_usage(pid_t pid, struct proc_usage *ret)
{
    scoped_free char *path = str_printf("/proc/%d/task", (int)pid);
    scoped_dir DIR *dir = opendir(path);
    struct proc_usage u = { 0 };
    const struct dirent *entry;
    bool told = false;

    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            told |= add_thread(pid, entry->d_name, &u);
    if (told)
        *ret = u;
    return told;
}

uid_t proc_user(pid_t pid)
{
    char status[2048];
    const char *line;

    /* The command's name, which comes first, has its newlines escaped. */
    if (!proc_read_file(pid, "status", status, sizeof(status)) ||
        !(line = strstr(status, "\nUid:\t")))
        return (uid_t)-1;
    return (uid_t)strtoul(line + 6, NULL, 10);
}

bool proc_is_alive(pid_t pid, uint64_t start_time)
{
    return pid > 0 && start_time && proc_start_time(pid) == start_time;
}

int proc_open(pid_t pid, uint64_t start_time)
{
    scoped_close int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

    /* In this order: the process checked is the one the pidfd was opened for, or it is gone. */
    return pidfd >= 0 && proc_is_alive(pid, start_time) ? take_fd(&pidfd) : -1;
}

bool proc_signal_fd(int pidfd, int signal)
{
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0;
}

void proc_signal(pid_t child, int signal)
{
    BUG_ON(child == 0 || child == -1);
    kill(child, signal);
}

void proc_kill(pid_t pid)
{
    scoped_close int pidfd = pid <= 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);

    if (pid <= 0)
        return;
    kill(pid, SIGKILL);
    if (pidfd >= 0 && !proc_wait_fd(pidfd, clock_ms() + KILL_MS))
        return;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

void proc_adopt_orphans(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* Field 4 of /proc/PID/stat. */
static pid_t parent_of(pid_t pid)
{
    char stat[1024], *p;

    p = proc_read_file(pid, "stat", stat, sizeof(stat)) ? strrchr(stat, ')') : NULL;
    return p && strlen(p) > 4 ? (pid_t)strtol(p + 4, NULL, 10) : 0;
}

bool proc_is_ancestor_of(pid_t pid)
{
    while (pid > 1 && pid != getpid())
        pid = parent_of(pid);
    return pid == getpid();
}

/* False when there is none. One that has just died counts: its own children come now. */
static bool kill_children(void)
{
    scoped_dir DIR *proc = opendir("/proc");
    const struct dirent *entry;
    bool found = false;

    while (proc && (entry = readdir(proc))) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid <= 0 || parent_of(pid) != getpid())
            continue;
        kill(pid, SIGKILL);
        found = true;
    }
    return found;
}

void proc_end_children(int64_t deadline_ms)
{
    const struct timespec rest = { .tv_nsec = 2 * 1000 * 1000 };

    while (kill_children() && clock_ms() < deadline_ms) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        nanosleep(&rest, NULL);
    }
}
