/* vmm/clone.c: the start of a machine, a copy of its template. */
#include "vmm/clone.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "vmm/base/check_step.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/proc.h"
#include "vmm/holes.h"
#include "vmm/launch.h"

#define START_TIMEOUT_MS 30000
#define PIPE_BYTES (1024 * 1024) /* what every user may have (pipe(7)) */

/*
 * QEMU begins to listen for the network's peer some time after its start. On a frame before that,
 * such as its own announcement of an arrived machine, it follows a NULL pointer (7.2,
 * net/stream.c). So it is made to serve a peer once; from then on it knows when none is there.
 */
static bool wait_for_network(struct vm *vm, int run_dirfd, int64_t deadline_ms,
                             struct pyro_error *err)
{
    scoped_close int peer = vm_connect_network(run_dirfd, err);

    return peer >= 0 && qmp_wait_event(vm->qmp, "NETDEV_STREAM_CONNECTED", deadline_ms, NULL, err);
}

/* Loads the state that a descriptor has. */
static bool load_state(struct vm *vm, int fd, bool ignore_shared, int64_t deadline_ms,
                       struct pyro_error *err)
{
    return vm_set_capabilities(vm, ignore_shared, deadline_ms, err) &&
           qmp_pass_fd(vm->qmp, "state", fd, deadline_ms, err) &&
           qmp_command(vm->qmp, "migrate-incoming", json_pack("{s:s}", "uri", "fd:state"),
                       deadline_ms, NULL, err) &&
           vm_wait_migrated(vm, deadline_ms, err);
}

static bool load_template_state(struct vm *vm, const struct template *t, int64_t deadline_ms,
                                struct pyro_error *err)
{
    scoped_free char *path = str_printf("/proc/self/fd/%d", t->state_fd);
    scoped_close int state = open(path, O_RDONLY | O_CLOEXEC); /* an offset of its own */

    if (state < 0)
        return pyro_fail_errno(err, "open the state of a template");
    return load_state(vm, state, true, deadline_ms, err);
}

/* Writes the stream into a pipe; a QEMU that stops reading ends it. */
static pid_t start_writer(const struct saved *s, const struct delta *d, int to_fd, int from_fd)
{
    pid_t parent = getpid(), pid = fork();
    struct pyro_error ignored;

    if (pid != 0)
        return pid;
    close(from_fd);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    _exit(!device_state_stream(s->state.data, s->state.len, d, to_fd, &ignored));
}

/* What has to be sent of the memory: nothing that QEMU has mapped. */
static bool delta_to_send(const struct vm *vm, const struct saved *s, struct delta *ret,
                          struct pyro_error *err)
{
    uint64_t ram_bytes = s->template.ram.size_bytes;

    return holes_upper_is_laid(vm->pid, s->upper_fd)
               ? delta_none(ram_bytes, ret, err)
               : delta_of_upper(s->upper_fd, ram_bytes, ret, err);
}

static bool load_stream(struct vm *vm, const struct saved *s, const struct delta *d,
                        int64_t deadline_ms, struct pyro_error *err)
{
    scoped_kill writer = 0;
    int ends[2];
    bool ok;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "pipe");
    /* Much of it is there when QEMU begins to read, and neither waits for the other at each 64 KiB. */
    (void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
    writer = start_writer(s, d, ends[1], ends[0]);
    close(ends[1]);
    if (writer < 0)
        ok = pyro_fail_errno(err, "fork");
    else
        ok = load_state(vm, ends[0], false, deadline_ms, err);
    close(ends[0]);
    return ok;
}

static bool load_saved(struct vm *vm, const struct saved *s, int64_t deadline_ms,
                       struct pyro_error *err)
{
    struct delta d = DELTA_INIT;
    bool ok;

    if (s->upper_fd < 0)
        return load_stream(vm, s, &s->delta, deadline_ms, err);
    ok = delta_to_send(vm, s, &d, err) && load_stream(vm, s, &d, deadline_ms, err);
    delta_close(&d);
    return ok;
}

/* Loads the state and lets the machine run. */
static bool restore(struct vm *vm, const struct vm_spec *spec, int64_t deadline_ms,
                    struct pyro_error *err)
{
    bool loaded = spec->saved ? load_saved(vm, spec->saved, deadline_ms, err)
                              : load_template_state(vm, spec->template, deadline_ms, err);

    check_step("start-loaded");
    if (!loaded || (spec->before_run && !spec->before_run(spec->arg, vm, err)))
        return false;
    check_step("start-forgotten");
    if (!qmp_command(vm->qmp, "cont", NULL, deadline_ms, NULL, err))
        return false;
    check_step("start-running");
    return true;
}

bool vm_start(const struct vm_spec *spec, struct vm *ret, struct pyro_error *err)
{
    const struct template *t = spec->template;
    struct qemu_machine machine = { .name = spec->name,
                                    .accel = t->accel,
                                    .vcpu_count = t->vcpu_count,
                                    .mem_mib = t->mem_mib,
                                    .network = t->network,
                                    .ram_fd = t->ram_fd,
                                    .upper_fd = spec->saved ? spec->saved->upper_fd : -1,
                                    .disk = spec->disk,
                                    .kernel_fd = -1,
                                    .initramfs_fd = -1,
                                    .incoming = true };
    int64_t deadline_ms = patience_until(START_TIMEOUT_MS);
    struct vm vm;

    if (!vm_launch(&t->qemu, &machine, spec->run_dirfd, deadline_ms, &vm, err))
        return false;
    if ((t->network && !wait_for_network(&vm, spec->run_dirfd, deadline_ms, err)) ||
        !restore(&vm, spec, deadline_ms, err))
        return vm_launch_failed(&vm, err);
    vm.ram_fd = fcntl(t->ram_fd, F_DUPFD_CLOEXEC, 0);
    *ret = vm;
    return true;
}
