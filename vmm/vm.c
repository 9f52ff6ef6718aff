/* vmm/vm.c: the supervisor's handling of a running QEMU. */
#include "vmm/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/printable.h"
#include "vmm/base/proc.h"
#include "vmm/base/sock.h"

#define ADOPT_TIMEOUT_MS 10000
#define KILL_MS 20000 /* from SIGKILL to the end: its memory is freed first */
#define STDERR_LINES 3
#define STDERR_READS 64 /* a child of it may write forever */
#define VM_WORDS_MAX 400

/* The reading end of a QEMU's stderr is gone with its first supervisor: a pipe can be reopened. */
static int reopen_stderr(pid_t pid)
{
    scoped_free char *path = str_printf("/proc/%d/fd/2", (int)pid);
    char target[16];
    ssize_t n = readlink(path, target, sizeof(target));

    if (n < 6 || memcmp(target, "pipe:", 5) != 0)
        return -1;
    return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

bool vm_adopt(pid_t pid, uint64_t start_time, int run_dirfd, const struct ram_identity *ram,
              struct vm *ret, struct pyro_error *err)
{
    struct vm vm = VM_INIT;

    vm.pid = pid;
    vm.start_time = start_time;
    vm.pidfd = proc_open(pid, start_time);
    if (vm.pidfd < 0) {
        vm_release(&vm);
        return pyro_fail(err, PYRO_VM_FAILED, "QEMU is gone");
    }
    vm.guest_fd = sock_connect_at(run_dirfd, VM_SOCKET_GUEST, err);
    vm.console_fd = vm.guest_fd < 0 ? -1 : sock_connect_at(run_dirfd, VM_SOCKET_CONSOLE, err);
    if (vm.console_fd >= 0)
        vm.qmp = qmp_connect(run_dirfd, VM_SOCKET_QMP, patience_until(ADOPT_TIMEOUT_MS), err);
    if (!vm.qmp) {
        vm_release(&vm);
        return pyro_wrap(err, "adopting QEMU, process %d", (int)pid);
    }
    vm.stderr_fd = reopen_stderr(pid);
    vm.ram_fd = ram ? ram_take_from(pid, ram) : -1;
    *ret = vm;
    return true;
}

int vm_connect_network(int run_dirfd, struct pyro_error *err)
{
    return sock_connect_at(run_dirfd, VM_SOCKET_NET, err);
}

bool vm_wait(struct vm *vm, int64_t deadline_ms)
{
    return vm->pidfd < 0 || proc_wait_fd(vm->pidfd, deadline_ms);
}

void vm_kill(struct vm *vm)
{
    if (vm->pidfd < 0)
        return;
    if (proc_signal_fd(vm->pidfd, SIGKILL))
        proc_wait_fd(vm->pidfd, clock_ms() + KILL_MS);
    waitid(P_PIDFD, (id_t)vm->pidfd, NULL, WEXITED | WNOHANG); /* when it is a child */
}

bool vm_read_stderr(struct vm *vm)
{
    char chunk[VM_STDERR_MAX];
    ssize_t n = vm->stderr_fd < 0 ? 0 : read(vm->stderr_fd, chunk, sizeof(chunk));

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    buf_keep_tail(&vm->stderr_tail, chunk, (size_t)n);
    return true;
}

#define PROGRAM "qemu-system-x86_64: "

static bool begins_with(const char *line, size_t n, const char *what)
{
    return n >= strlen(what) && !memcmp(line, what, strlen(what));
}

/* Removes lines that only warn: they are not why QEMU ended, and a newer one has more of them. What
 * it says of a QMP command is without its name. */
static void drop_warnings(struct buf *tail)
{
    size_t kept = 0;

    for (size_t at = 0, n; at < tail->len; at += n) {
        const char *lf = memchr(tail->data + at, '\n', tail->len - at);
        n = lf ? (size_t)(lf - tail->data) + 1 - at : tail->len - at;
        if (begins_with(tail->data + at, n, "warning: ") ||
            begins_with(tail->data + at, n, PROGRAM "warning: "))
            continue;
        memmove(tail->data + kept, tail->data + at, n);
        kept += n;
    }
    tail->len = kept;
}

/* The last lines QEMU wrote, made printable, without the program name that QEMU prepends to
 * each. */
static void last_words(struct buf *tail, char *ret, size_t room)
{
    char *at = ret;

    drop_warnings(tail);
    printable_last_lines(tail->data ? tail->data : "", tail->len, STDERR_LINES, ret, room);
    while ((at = strstr(at, PROGRAM)))
        memmove(at, at + strlen(PROGRAM), strlen(at + strlen(PROGRAM)) + 1);
}

/* A signal that QEMU caused itself, or that others sent. */
static enum vm_end end_of_signal(int number)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS };

    for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
        if (number == faults[i])
            return VM_END_OWN;
    return VM_END_KILLED;
}

void vm_describe_end(struct vm *vm, char *ret, size_t n)
{
    siginfo_t info = { 0 };
    char words[VM_WORDS_MAX];
    const char *between;

    for (unsigned i = 0; i < STDERR_READS && vm->stderr_fd >= 0 && vm_read_stderr(vm); i++)
        if (poll(&(struct pollfd){ .fd = vm->stderr_fd, .events = POLLIN }, 1, 0) <= 0)
            break;
    last_words(&vm->stderr_tail, words, sizeof(words));
    between = *words ? ": " : "";
    vm->end = VM_END_KILLED;
    if (waitid(P_PIDFD, (id_t)vm->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0) {
        snprintf(ret, n, "QEMU ended%s%s", between, words);
    } else if (info.si_code == CLD_EXITED) {
        vm->end = VM_END_OWN;
        snprintf(ret, n, "QEMU exited with status %d%s%s", info.si_status, between, words);
    } else {
        vm->end = end_of_signal(info.si_status);
        snprintf(ret, n, "QEMU was killed by signal %d (%s)%s%s", info.si_status,
                 strsignal(info.si_status), between, words);
    }
    waitid(P_PIDFD, (id_t)vm->pidfd, NULL, WEXITED | WNOHANG);
}

void vm_release(struct vm *vm)
{
    qmp_free(vm->qmp);
    cleanup_close(&vm->pidfd);
    cleanup_close(&vm->guest_fd);
    cleanup_close(&vm->console_fd);
    cleanup_close(&vm->stderr_fd);
    cleanup_close(&vm->ram_fd);
    buf_release(&vm->stderr_tail);
    *vm = (struct vm)VM_INIT;
}
