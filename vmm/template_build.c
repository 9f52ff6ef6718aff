/*
 * vmm/template_build.c: the one cold boot every start is spared.
 *
 * QEMU runs with RAM in a shared memfd until the guest has answered `prepare`; then it is stopped
 * and its devices are saved (x-ignore-shared leaves RAM out), and the memfd itself, pages of zeros
 * punched out, becomes the sealed RAM of the first clone.
 */
#include "vmm/template_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <x86intrin.h>

#include "vmm/base/fs.h"
#include "vmm/base/link.h"
#include "vmm/launch.h"

#define BOOT_DEADLINE_MS 120000 /* under emulation, on a machine that is busy with other things */
#define SAVE_DEADLINE_MS 60000
#define OVERLAY "disk.qcow2"
#define RESTART_DISK_BYTES (1ULL << 30)
#define CONSOLE_TAIL 2048

/* The conversation with the booting guest. */
struct boot {
    const struct template_spec *spec;
    struct loop *loop;
    struct link *link;
    struct stream stream;
    struct loop_timer deadline;
    int64_t silence_ms; /* the deadline starts anew with all that the console says, */
    int64_t latest_ms;  /* but never goes beyond this (clock_ms()) */
    int console_fd;
    char console[CONSOLE_TAIL]; /* the last bytes of it, for the error message */
    size_t console_len;
    bool prepared;
    struct pyro_error why; /* when it failed */
};

/* The clock in nanoseconds and the TSC, read within a microsecond of each other. */
static int64_t read_clocks(uint64_t *ret_tsc)
{
    struct timespec before, after;
    int64_t ns;

    for (int i = 0; i < 1000; i++) {
        clock_gettime(CLOCK_MONOTONIC_RAW, &before);
        *ret_tsc = __rdtsc();
        clock_gettime(CLOCK_MONOTONIC_RAW, &after);
        ns = (after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec;
        if (ns < 1000)
            break;
    }
    return after.tv_sec * 1000000000LL + after.tv_nsec;
}

unsigned long template_measure_tsc_khz(void)
{
    const int64_t span_ns = 20 * 1000000;
    uint64_t first, last;
    int64_t start = read_clocks(&first), end;

    do {
        end = read_clocks(&last);
    } while (end - start < span_ns);
    return (unsigned long)((double)(last - first) * 1e6 / (double)(end - start));
}

/* A file's content in a sealed memfd, which QEMU can open again whoever it runs as, and cannot
 * change. -1 on failure. */
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

static void boot_failed(struct boot *boot, const struct pyro_error *why)
{
    boot->why = *why;
    loop_stop(boot->loop);
}

static void on_deadline(void *arg)
{
    struct boot *boot = arg;
    struct pyro_error why = { 0 };

    pyro_fail(&why, PYRO_TIMEOUT, "the guest did not start in time");
    boot_failed(boot, &why);
}

/* A guest that hangs is silent; one on a busy host is slow and talks on. */
static void set_deadline(struct boot *boot)
{
    int64_t left_ms = boot->latest_ms - clock_ms();

    if (left_ms > boot->silence_ms)
        left_ms = boot->silence_ms;
    loop_timer_set(boot->loop, &boot->deadline, left_ms > 0 ? left_ms : 0, on_deadline, boot);
}

static void on_console(void *arg, uint32_t epoll_events UNUSED)
{
    struct boot *boot = arg;
    char chunk[CONSOLE_TAIL / 2];
    ssize_t n = read(boot->console_fd, chunk, sizeof(chunk));

    if (n <= 0) {
        loop_unwatch(boot->loop, boot->console_fd);
        return;
    }
    set_deadline(boot);
    if (boot->console_len + (size_t)n > CONSOLE_TAIL) {
        memmove(boot->console, boot->console + CONSOLE_TAIL / 2, CONSOLE_TAIL / 2);
        boot->console_len =
            boot->console_len > CONSOLE_TAIL / 2 ? boot->console_len - CONSOLE_TAIL / 2 : 0;
    }
    memcpy(boot->console + boot->console_len, chunk, (size_t)n);
    boot->console_len += (size_t)n;
}

static void on_prepared(struct stream *s, const json_t *result, const struct pyro_error *err)
{
    struct boot *boot = s->arg;
    struct pyro_error why = { 0 };

    if (!result) {
        boot_failed(boot, err);
    } else if (!error_from_result(result, &why)) {
        boot_failed(boot, &why);
    } else {
        boot->prepared = true;
        loop_stop(boot->loop);
    }
}

static void ignore_data(struct stream *s, enum wire_channel channel UNUSED,
                        const uint8_t *bytes UNUSED, size_t n)
{
    stream_consumed(s, n);
}

static const struct stream_ops prepare_ops = { .data = ignore_data, .closed = on_prepared };

static json_t *prepare_request(const struct template_spec *spec)
{
    json_t *warm = json_array();

    for (size_t i = 0; spec->warm && spec->warm[i]; i++)
        json_array_append_new(warm, json_string(spec->warm[i]));
    return json_pack("{s:s, s:b, s:s, s:o}", "op", "prepare", "disk", spec->disk_bytes > 0, "root",
                     spec->kind == TEMPLATE_FRESH ? "mounted" : "later", "warm", warm);
}

static void on_ready(struct link *link)
{
    struct boot *boot = link_arg(link);
    scoped_json json_t *request = prepare_request(boot->spec);
    struct pyro_error why = { 0 };

    if (!stream_open(link, &boot->stream, request, &prepare_ops, boot, &why))
        boot_failed(boot, &why);
}

static void on_lost(struct link *link, const struct pyro_error *err)
{
    boot_failed(link_arg(link), err);
}

static const struct link_ops boot_ops = { .ready = on_ready, .lost = on_lost };

/* The last line of the console with anything in it, as a reason. */
static const char *console_words(struct boot *boot)
{
    char *line;

    while (boot->console_len && (uint8_t)boot->console[boot->console_len - 1] <= ' ')
        boot->console_len--;
    if (!boot->console_len)
        return "nothing on its console";
    boot->console[boot->console_len == CONSOLE_TAIL ? CONSOLE_TAIL - 1 : boot->console_len] = '\0';
    line = strrchr(boot->console, '\n');
    return line ? line + 1 : boot->console;
}

static bool talk(struct boot *boot, struct vm *vm, struct pyro_error *err)
{
    boot->console_fd = vm->console_fd;
    boot->link = link_new(boot->loop, vm->guest_fd, LINK_HOST_PORT, &boot_ops, boot, err);
    if (!boot->link)
        return false;
    vm->guest_fd = -1; /* the link's */
    if (!loop_watch(boot->loop, vm->console_fd, EPOLLIN, on_console, boot, err) ||
        !link_hello(boot->link, false, err))
        return false;
    set_deadline(boot);
    loop_run(boot->loop);
    if (boot->prepared)
        return true;
    *err = boot->why;
    return pyro_wrap(err, "booting a VM (%.200s)", console_words(boot));
}

/* Waits for hello and `prepare`; vm's guest connection is used up. */
static bool prepare_guest(const struct template_spec *spec, struct vm *vm, int64_t silence_ms,
                          struct pyro_error *err)
{
    struct boot boot = { .spec = spec,
                         .loop = loop_new(err),
                         .silence_ms = silence_ms,
                         .latest_ms = clock_ms() + BOOT_DEADLINE_MS };
    bool ok;

    if (!boot.loop)
        return false;
    ok = talk(&boot, vm, err);
    link_free(boot.link);
    loop_unwatch(boot.loop, vm->console_fd);
    loop_free(boot.loop);
    return ok;
}

/* Stops the VM, saves its devices, ends it. */
static bool save_state(struct vm *vm, int state_fd, struct pyro_error *err)
{
    int64_t deadline_ms = clock_ms() + SAVE_DEADLINE_MS;

    if (!qmp_command(vm->qmp, "stop", NULL, deadline_ms, NULL, err) ||
        !vm_set_capabilities(vm, deadline_ms, err) ||
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

/* Boots, prepares and saves. */
static bool run_machine(const struct template_spec *spec, const struct qemu *qemu,
                        const struct qemu_machine *machine, int dirfd, int state_fd,
                        struct pyro_error *err)
{
    int64_t silence_ms = machine->accel == ACCEL_KVM ? ACCEL_BOOT_DEADLINE_MS : BOOT_DEADLINE_MS;
    struct vm vm = VM_INIT;

    if (!vm_launch(qemu, machine, dirfd, clock_ms() + silence_ms, &vm, err))
        return false;
    if (!prepare_guest(spec, &vm, silence_ms, err) || !save_state(&vm, state_fd, err))
        return vm_launch_failed(&vm, err);
    vm_kill(&vm);
    vm_release(&vm);
    return true;
}

/* The throw-away overlay; an empty disk where the template must not know one. */
static bool make_disk(const struct template_spec *spec, int dirfd, char *overlay_path, size_t n,
                      struct disk_chain *ret, struct pyro_error *err)
{
    const struct disk_layer base = { .path = spec->base_path, .format = DISK_RAW };
    uint64_t size = spec->disk_bytes ? spec->disk_bytes : RESTART_DISK_BYTES;

    if (spec->kind == TEMPLATE_FRESH && !disk_virtual_size(&base, &size, err))
        return false;
    snprintf(overlay_path, n, "/proc/self/fd/%d/" OVERLAY, dirfd);
    *ret = disk_chain_of(spec->base_path, overlay_path);
    if (spec->kind == TEMPLATE_RESTART)
        *ret = (struct disk_chain){ .layers = { { .path = overlay_path, .format = DISK_QCOW2 } },
                                    .count = 1 };
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
                    struct pyro_error *err)
{
    scoped_close int kernel = memfd_of_file(spec->kernel_path, err);
    scoped_close int initramfs = kernel < 0 ? -1 : memfd_of_file(spec->initramfs_path, err);
    scoped_close int state =
        openat(dirfd, TEMPLATE_STATE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    scoped_close int ram = -1;
    struct disk_chain disk;
    struct qemu_machine machine = { .accel = t->accel,
                                    .vcpu_count = spec->vcpu_count,
                                    .mem_mib = spec->mem_mib,
                                    .network = spec->network,
                                    .ram_share = true,
                                    .die_with_parent = true,
                                    .disk = &disk,
                                    .kernel_fd = kernel,
                                    .initramfs_fd = initramfs };
    char overlay[64];

    if (t->accel == ACCEL_TCG)
        machine.tsc_khz = template_measure_tsc_khz();
    if (initramfs < 0)
        return false;
    if (state < 0)
        return pyro_fail_errno(err, "write a template");
    if (!make_disk(spec, dirfd, overlay, sizeof(overlay), &disk, err))
        return false;
    t->ram.size_bytes = (uint64_t)spec->mem_mib << 20;
    machine.ram_fd = ram = ram_create(t->ram.size_bytes, err);
    if (ram < 0 || !run_machine(spec, &t->qemu, &machine, dirfd, state, err))
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
