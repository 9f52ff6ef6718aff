/* vmm/launch.c: one QEMU process, from sockets to a negotiated QMP connection. */
#include "vmm/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "vmm/base/fs.h"
#include "vmm/base/sock.h"

#define FILE_SLACK_BYTES (1ULL << 30) /* metadata of an overlay, generously */
#define QEMU_WORKERS_MAX 64           /* threads of its pool */
#define PROGRAM_BYTES (1ULL << 30)
#define THREAD_BYTES (72ULL << 20)
#define LAST_WORDS_MS 1000 /* from the end of its sockets to its own */

/* The listening ends, until QEMU has them. */
struct listeners {
    int qmp, guest, console, net;
};

static void listeners_close(struct listeners *l)
{
    cleanup_close(&l->qmp);
    cleanup_close(&l->guest);
    cleanup_close(&l->console);
    cleanup_close(&l->net);
}
#define scoped_listeners __attribute__((cleanup(listeners_close))) struct listeners

static bool listen_all(int run_dirfd, bool network, struct listeners *l, struct pyro_error *err)
{
    return (l->qmp = sock_listen_at(run_dirfd, VM_SOCKET_QMP, err)) >= 0 &&
           (l->guest = sock_listen_at(run_dirfd, VM_SOCKET_GUEST, err)) >= 0 &&
           (l->console = sock_listen_at(run_dirfd, VM_SOCKET_CONSOLE, err)) >= 0 &&
           (!network || (l->net = sock_listen_at(run_dirfd, VM_SOCKET_NET, err)) >= 0);
}

/* The largest size that any file of the chain may reach. */
static uint64_t file_size_max(const struct disk_chain *disk)
{
    struct pyro_error ignored;
    uint64_t size = 0;

    if (!disk_virtual_size(&disk->layers[disk->count - 1], &size, &ignored))
        return 0;
    return size + size / 8 + FILE_SLACK_BYTES;
}

/*
 * The limit of QEMU's address space: the guest's memory, its own code with the translations, and
 * for each thread a stack and an arena of the C library. Measured (7.2, TCG, two processors, which
 * then share arenas): beyond the guest's memory 0.5 GiB with one virtual processor, 1.5 GiB with
 * 32, 1.8 GiB with two and a dozen workers busy with the disk.
 */
static uint64_t memory_max(const struct qemu_machine *m)
{
    uint64_t threads = m->vcpu_count + QEMU_WORKERS_MAX;

    return ((uint64_t)m->mem_mib << 20) + PROGRAM_BYTES + threads * THREAD_BYTES;
}

/* Starts the process; its stderr comes through a pipe that never blocks it. */
static bool start_process(const struct qemu *qemu, const struct qemu_machine *machine,
                          struct vm *vm, struct pyro_error *err)
{
    struct jail jail = { .accel = machine->accel,
                         .file_size_max = file_size_max(machine->disk),
                         .memory_max = memory_max(machine) };
    struct qemu_command command;
    int errors[2];
    bool ok;

    if (!qemu_command_build(qemu, machine, &command, err))
        return false;
    jail.read_only = command.read_only;
    jail.read_only_count = command.read_only_count;
    if (pipe2(errors, O_CLOEXEC | O_NONBLOCK) != 0) {
        qemu_command_release(&command);
        return pyro_fail_errno(err, "pipe");
    }
    command.spec.stderr_fd = errors[1];
    command.spec.hold_signals = true; /* the guest unmounts first, as the supervisor asks it to */
    vm->stderr_fd = errors[0];
    ok = jail_start(&jail, &command.spec, &vm->pid, &vm->jail_steps, err);
    if (!ok && pyro_is(err, PYRO_DEPENDENCY_MISSING))
        pyro_hint(err, "QEMU must lie below /usr: its jail has nothing else of the host");
    close(errors[1]);
    qemu_command_release(&command);
    return ok;
}

static bool connect_all(struct vm *vm, int run_dirfd, int64_t deadline_ms, struct pyro_error *err)
{
    vm->guest_fd = sock_connect_at(run_dirfd, VM_SOCKET_GUEST, err);
    if (vm->guest_fd < 0)
        return false;
    vm->console_fd = sock_connect_at(run_dirfd, VM_SOCKET_CONSOLE, err);
    if (vm->console_fd < 0)
        return false;
    vm->qmp = qmp_connect(run_dirfd, VM_SOCKET_QMP, deadline_ms, err);
    return vm->qmp != NULL;
}

bool vm_launch(const struct qemu *qemu, const struct qemu_machine *machine, int run_dirfd,
               int64_t deadline_ms, struct vm *ret, struct pyro_error *err)
{
    struct qemu_machine m = *machine;
    struct vm vm = VM_INIT;
    scoped_listeners l = { -1, -1, -1, -1 };

    *ret = vm;
    if (!listen_all(run_dirfd, m.network, &l, err))
        return false;
    m.qmp_fd = l.qmp;
    m.net_fd = l.net;
    m.guest_fd = l.guest;
    m.console_fd = l.console;
    if (!start_process(qemu, &m, &vm, err)) {
        vm_release(&vm);
        return false;
    }
    listeners_close(&l); /* QEMU's now: a connection to a QEMU that died ends at once */
    l = (struct listeners){ -1, -1, -1, -1 };
    vm.start_time = proc_start_time(vm.pid);
    vm.pidfd = (int)syscall(SYS_pidfd_open, vm.pid, 0);
    if (vm.pidfd < 0) {
        pyro_fail_errno(err, "watch QEMU");
        return vm_launch_failed(&vm, err);
    }
    if (connect_all(&vm, run_dirfd, deadline_ms, err)) {
        *ret = vm;
        return true;
    }
    vm_launch_failed(&vm, err);
    ret->end = vm.end;
    pyro_wrap(err, "starting QEMU");
    return pyro_hint(err, "check that %.120s works and is %s or newer; PYRO_QEMU names another",
                     qemu->path, QEMU_VERSION_MIN);
}

bool vm_tell_end(struct vm *vm, struct pyro_error *err)
{
    char why[VM_STDERR_MAX];

    /* A QEMU that hung up is about to end on its own. */
    if (vm->pidfd < 0 || !proc_wait_fd(vm->pidfd, clock_ms() + LAST_WORDS_MS))
        return false;
    vm_describe_end(vm, why, sizeof(why));
    return !pyro_fail(err, PYRO_VM_FAILED, "%.500s", why);
}

bool vm_launch_failed(struct vm *vm, struct pyro_error *err)
{
    bool may_have_ended = err && err->code != PYRO_TIMEOUT && err->code != PYRO_NO_SPACE;
    enum vm_end end;

    if (may_have_ended)
        vm_tell_end(vm, err);
    vm_kill(vm);
    end = vm->end;
    vm_release(vm);
    vm->end = end;
    return false;
}

bool vm_set_capabilities(struct vm *vm, bool ignore_shared, int64_t deadline_ms,
                         struct pyro_error *err)
{
    json_t *arguments =
        json_pack("{s:[{s:s, s:b}, {s:s, s:b}]}", "capabilities", "capability", "x-ignore-shared",
                  "state", ignore_shared, "capability", "events", "state", 1);

    return qmp_command(vm->qmp, "migrate-set-capabilities", arguments, deadline_ms, NULL, err);
}

bool vm_wait_migrated(struct vm *vm, int64_t deadline_ms, struct pyro_error *err)
{
    for (;;) {
        scoped_json json_t *data = NULL;
        const char *status;
        if (!qmp_wait_event(vm->qmp, "MIGRATION", deadline_ms, &data, err))
            return false;
        status = json_string_or(data, "status", "");
        if (strcmp(status, "completed") == 0)
            return true;
        if (strcmp(status, "failed") == 0 || strcmp(status, "cancelled") == 0)
            return pyro_fail(err, PYRO_VM_FAILED, "QEMU could not copy the VM's state");
    }
}
