/* vmm/clone.c: the start of a machine, a copy of its template. */
#include "vmm/clone.h"

#include <fcntl.h>

#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/launch.h"

#define START_TIMEOUT_MS 30000

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

/* Loads the devices' state and lets the machine run. */
static bool restore(struct vm *vm, const struct template *t, int64_t deadline_ms,
                    struct pyro_error *err)
{
    scoped_free char *path = str_printf("/proc/self/fd/%d", t->state_fd);
    scoped_close int state = open(path, O_RDONLY | O_CLOEXEC); /* an offset of its own */

    if (state < 0)
        return pyro_fail_errno(err, "open the state of a template");
    return vm_set_capabilities(vm, deadline_ms, err) &&
           qmp_pass_fd(vm->qmp, "state", state, deadline_ms, err) &&
           qmp_command(vm->qmp, "migrate-incoming", json_pack("{s:s}", "uri", "fd:state"),
                       deadline_ms, NULL, err) &&
           vm_wait_migrated(vm, deadline_ms, err) &&
           qmp_command(vm->qmp, "cont", NULL, deadline_ms, NULL, err);
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
                                    .disk = spec->disk,
                                    .kernel_fd = -1,
                                    .initramfs_fd = -1,
                                    .incoming = true };
    int64_t deadline_ms = patience_until(START_TIMEOUT_MS);
    struct vm vm;

    if (!vm_launch(&t->qemu, &machine, spec->run_dirfd, deadline_ms, &vm, err))
        return false;
    if ((t->network && !wait_for_network(&vm, spec->run_dirfd, deadline_ms, err)) ||
        !restore(&vm, t, deadline_ms, err))
        return vm_launch_failed(&vm, err);
    vm.ram_fd = fcntl(t->ram_fd, F_DUPFD_CLOEXEC, 0);
    *ret = vm;
    return true;
}
