/*
 * vmm/template_build.c: the one cold boot that saves every start its own.
 *
 * QEMU runs with RAM in a shared memfd until the guest has answered `prepare`; then it is stopped
 * and its devices are saved (x-ignore-shared leaves RAM out), and the memfd itself, pages of zeros
 * punched out, becomes the sealed RAM of the first clone.
 */
#include "vmm/template_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/launch.h"

#define OVERLAY "disk.qcow2"
#define RESTART_DISK_BYTES (1ULL << 30)

/* A file's content in a sealed memfd, which QEMU can open again as any user, and cannot change. -1
 * on failure. */
static int memfd_of_file(const char *path, struct pyro_error *err)
{
    scoped_close int file = open(path, O_RDONLY | O_CLOEXEC);
    scoped_close int memfd = memfd_create("pyro-boot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct stat st;

    if (file < 0 || memfd < 0 || fstat(file, &st) != 0) {
        pyro_fail_errno(err, "'%s'", path);
        return -1;
    }
    for (off_t left = st.st_size; left > 0;) {
        ssize_t n = sendfile(memfd, file, NULL, (size_t)left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            pyro_fail_errno(err, "read '%s'", path);
            return -1;
        }
        left -= n;
    }
    if (!ram_seal(memfd, err))
        return -1;
    return take_fd(&memfd);
}

struct cold_boot {
    const struct template_spec *spec;
    const struct qemu *qemu;
    const struct qemu_machine *machine;
    int dirfd, state_fd;
};

static json_t *prepare_request(const struct template_spec *spec)
{
    json_t *warm = json_array();

    for (size_t i = 0; spec->warm && spec->warm[i]; i++)
        json_array_append_new(warm, json_string(spec->warm[i]));
    return json_pack("{s:s, s:b, s:s, s:o}", "op", "prepare", "disk", spec->disk_bytes > 0, "root",
                     spec->kind == TEMPLATE_FRESH ? "mounted" : "later", "warm", warm);
}

/* Stops the VM, saves its devices, ends it. */
static bool save_state(struct vm *vm, int state_fd, struct pyro_error *err)
{
    int64_t deadline_ms = patience_until(TEMPLATE_SAVE_MS);

    if (!qmp_command(vm->qmp, "stop", NULL, deadline_ms, NULL, err) ||
        !vm_set_capabilities(vm, true, deadline_ms, err) ||
        !qmp_pass_fd(vm->qmp, "state", state_fd, deadline_ms, err) ||
        !qmp_command(vm->qmp, "migrate", json_pack("{s:s}", "uri", "fd:state"), deadline_ms, NULL,
                     err) ||
        !vm_wait_migrated(vm, deadline_ms, err) ||
        !qmp_command(vm->qmp, "quit", NULL, deadline_ms, NULL, err))
        return pyro_wrap(err, "saving a template");
    if (!vm_wait(vm, deadline_ms))
        return pyro_fail(err, PYRO_TIMEOUT, "saving a template: QEMU does not end");
    return true;
}

/* Boots, prepares, and saves the devices' state into state_fd. */
static bool run_machine(const struct cold_boot *b, enum boot_evidence *ret_evidence,
                        struct pyro_error *err)
{
    scoped_json json_t *request = prepare_request(b->spec);
    int64_t start_ms = clock_ms();
    struct vm vm = VM_INIT;
    bool ok;

    if (!request)
        return pyro_no_memory(err, NULL);
    if (!vm_launch(b->qemu, b->machine, b->dirfd, patience_until(BOOT_LAUNCH_MS), &vm, err)) {
        if (vm.end == VM_END_OWN)
            *ret_evidence = BOOT_TELLS_BROKEN;
        return false;
    }
    ok = boot_prepare(&vm, request, start_ms, ret_evidence, err);
    if (ok && !save_state(&vm, b->state_fd, err))
        return vm_launch_failed(&vm, err);
    vm_kill(&vm);
    vm_release(&vm);
    return ok;
}

/* The throw-away overlay; an empty disk where the template must not know one. */
static bool make_disk(const struct template_spec *spec, int dirfd, char *overlay_path, size_t n,
                      struct disk_chain *ret, struct pyro_error *err)
{
    uint64_t size = spec->disk_bytes ? spec->disk_bytes : RESTART_DISK_BYTES;
    unsigned below = 0;

    *ret = (struct disk_chain){ 0 };
    if (spec->kind == TEMPLATE_FRESH) {
        *ret = *spec->base;
        below = ret->count;
        if (below < 1 || below >= DISK_LAYERS_MAX ||
            !disk_virtual_size(&ret->layers[0], &size, err))
            return false;
    }
    snprintf(overlay_path, n, "/proc/self/fd/%d/" OVERLAY, dirfd);
    ret->layers[below] = (struct disk_layer){ .path = overlay_path,
                                              .format = DISK_QCOW2,
                                              .id = below ? ret->layers[below - 1].id + 1 : 0 };
    ret->count = below + 1;
    return disk_create_overlay(dirfd, OVERLAY, size, err);
}

static bool save_ram(int dirfd, int ram_fd, struct ram_identity *ret, struct pyro_error *err)
{
    scoped_close int file =
        openat(dirfd, TEMPLATE_RAM, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (file < 0)
        return pyro_fail_errno(err, "write the memory of a template");
    if (!ram_save(ram_fd, file, ret, err))
        return false;
    if (fsync(file) != 0)
        return pyro_fail_errno(err, "write the memory of a template");
    return true;
}

bool template_build(const struct template_spec *spec, int dirfd, struct template *t,
                    enum boot_evidence *ret_evidence, struct pyro_error *err)
{
    scoped_close int kernel = memfd_of_file(spec->kernel_path, err);
    scoped_close int initramfs = kernel < 0 ? -1 : memfd_of_file(spec->initramfs_path, err);
    scoped_close int state =
        openat(dirfd, TEMPLATE_STATE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    scoped_close int ram = -1;
    struct disk_chain disk;
    struct qemu_machine machine = { .accel = t->accel,
                                    .upper_fd = -1,
                                    .vcpu_count = spec->vcpu_count,
                                    .mem_mib = spec->mem_mib,
                                    .network = spec->network,
                                    .ram_share = true,
                                    .die_with_parent = true,
                                    .disk = &disk,
                                    .kernel_fd = kernel,
                                    .initramfs_fd = initramfs };
    const struct cold_boot boot = {
        .spec = spec, .qemu = &t->qemu, .machine = &machine, .dirfd = dirfd, .state_fd = state
    };
    char overlay[64];

    *ret_evidence = BOOT_TELLS_NOTHING;
    if (initramfs < 0)
        return false;
    if (state < 0)
        return pyro_fail_errno(err, "write a template");
    if (!make_disk(spec, dirfd, overlay, sizeof(overlay), &disk, err))
        return false;
    t->ram.size_bytes = (uint64_t)spec->mem_mib << 20;
    machine.ram_fd = ram = ram_create(t->ram.size_bytes, err);
    if (ram < 0 || !run_machine(&boot, ret_evidence, err))
        return false;
    unlinkat(dirfd, OVERLAY, 0);
    unlinkat(dirfd, VM_SOCKET_QMP, 0);
    unlinkat(dirfd, VM_SOCKET_GUEST, 0);
    unlinkat(dirfd, VM_SOCKET_CONSOLE, 0);
    unlinkat(dirfd, VM_SOCKET_NET, 0);
    if (fsync(state) != 0)
        return pyro_fail_errno(err, "write a template");
    return save_ram(dirfd, ram, &t->ram, err);
}
