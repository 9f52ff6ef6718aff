/* vmm/vm.c: what the supervisor does with a running QEMU. */
#include "vmm/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "vmm/base/fs.h"
#include "vmm/base/sock.h"

#define ADOPT_TIMEOUT_MS 10000

/* The reading end of a QEMU's stderr is gone with its first supervisor: a pipe can be opened again.
 */
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
        vm.qmp = qmp_connect(run_dirfd, VM_SOCKET_QMP, clock_ms() + ADOPT_TIMEOUT_MS, err);
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
    struct pollfd p = { .fd = vm->pidfd, .events = POLLIN };
    int64_t left;

    if (vm->pidfd < 0)
        return true;
    do {
        left = deadline_ms - clock_ms();
        if (poll(&p, 1, left <= 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left) > 0)
            return true;
    } while (left > 0);
    return false;
}

bool vm_is_alive(const struct vm *vm)
{
    struct pollfd p = { .fd = vm->pidfd, .events = POLLIN };

    return vm->pidfd >= 0 && poll(&p, 1, 0) == 0;
}

void vm_kill(struct vm *vm)
{
    struct pollfd p = { .fd = vm->pidfd, .events = POLLIN };

    if (vm->pidfd < 0)
        return;
    if (proc_signal_fd(vm->pidfd, SIGKILL))
        while (poll(&p, 1, -1) < 0 && errno == EINTR)
            ;
    waitid(P_PIDFD, (id_t)vm->pidfd, NULL, WEXITED); /* when it is a child */
}

bool vm_read_stderr(struct vm *vm)
{
    struct buf *tail = &vm->stderr_tail;
    char chunk[VM_STDERR_MAX];
    ssize_t n = vm->stderr_fd < 0 ? 0 : read(vm->stderr_fd, chunk, sizeof(chunk));

    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    if (tail->len + (size_t)n > VM_STDERR_MAX)
        buf_consume(tail, tail->len + (size_t)n - VM_STDERR_MAX);
    if (!buf_append(tail, chunk, (size_t)n))
        buf_clear(tail);
    return true;
}

/* The last line QEMU wrote, without the program's name it puts in front; "" when there is none. */
static const char *last_words(struct buf *tail)
{
    static const char program[] = "qemu-system-x86_64: ";
    char *line;

    while (tail->len && (tail->data[tail->len - 1] == '\n' || tail->data[tail->len - 1] == '\r'))
        tail->data[--tail->len] = '\0';
    if (!tail->len)
        return "";
    line = strrchr(tail->data, '\n');
    line = line ? line + 1 : tail->data;
    return strncmp(line, program, strlen(program)) == 0 ? line + strlen(program) : line;
}

void vm_describe_end(struct vm *vm, char *ret, size_t n)
{
    siginfo_t info = { 0 };
    const char *words;

    vm_read_stderr(vm);
    words = last_words(&vm->stderr_tail);
    if (waitid(P_PIDFD, (id_t)vm->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0)
        snprintf(ret, n, "QEMU ended%s%s", *words ? ": " : "", words);
    else if (info.si_code == CLD_EXITED)
        snprintf(ret, n, "QEMU exited with status %d%s%s", info.si_status, *words ? ": " : "",
                 words);
    else
        snprintf(ret, n, "QEMU was killed by signal %d%s%s", info.si_status, *words ? ": " : "",
                 words);
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
