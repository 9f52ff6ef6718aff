/* tests/vm/vm_fixture.c: booting and talking to a VM. */
#include "tests/vm/vm_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/built.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"
#include "vmm/base/sock.h"
#include "vmm/tsc.h"

#define LISTEN_FD 20

static void asset(char *ret, size_t size, const char *name)
{
    const char *dir = getenv("PYRO_TEST_ASSETS");

    snprintf(ret, size, "%s/%s", dir ? dir : "/nonexistent", name);
}

bool vm_assets(void)
{
    char path[512];

    asset(path, sizeof(path), "vmlinuz");
    if (access(path, R_OK) != 0)
        return false;
    asset(path, sizeof(path), "base.ext4");
    return access(path, R_OK) == 0;
}

static void write_initramfs(const char *path)
{
    char modules[512];
    scoped_free char *image = built_program("pyro-image"), *command = NULL;

    asset(modules, sizeof(modules), "modules.tree");
    command = str_printf(
        "%s initramfs --output-fd 3 --init-fd 4 >/dev/null 3>'%s' 4<build/pyro-guest <'%s'", image,
        path, modules);
    if (system(command) != 0)
        die("%s", command);
}

/* --- QEMU --- */

static void make_overlay(const char *path)
{
    char base[512];
    const char *argv[] = { "qemu-img", "create", "-q", "-f", "qcow2", "-F",
                           "raw",      "-b",     base, path, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_buf out = BUF_INIT(4096);
    struct pyro_error err = { 0 };
    char *real;

    asset(base, sizeof(base), "base.ext4");
    real = realpath(base, NULL);
    snprintf(base, sizeof(base), "%s", real ? real : "");
    free(real);
    if (!proc_run(&spec, 30000, &out, &err))
        die("%s", err.message);
}

static void start_qemu(struct vm *vm, int listen_fd)
{
    char append[256];
    char kernel[512], initrd[128], serial[128], drive[160];
    const char *argv[] = { "qemu-system-x86_64",
                           "-M",
                           "microvm,rtc=on,pit=on,pic=on",
                           "-accel",
                           "tcg,thread=multi,tb-size=256",
                           "-cpu",
                           "max,-erms,-fsrm",
                           "-smp",
                           "1",
                           "-m",
                           "512",
                           "-nodefaults",
                           "-no-user-config",
                           "-display",
                           "none",
                           "-no-reboot",
                           "-serial",
                           serial,
                           "-kernel",
                           kernel,
                           "-initrd",
                           initrd,
                           "-append",
                           append,
                           "-device",
                           "virtio-serial-device,max_ports=2",
                           "-chardev",
                           "socket,id=c,fd=20,server=on,wait=off",
                           "-device",
                           "virtserialport,chardev=c,name=pyro",
                           "-drive",
                           drive,
                           "-device",
                           "virtio-blk-device,drive=d",
                           NULL };
    struct proc_spec spec = proc_spec_of(argv);
    struct pyro_error err = { 0 };

    snprintf(append, sizeof(append),
             "console=ttyS0 reboot=t panic=-1 rdinit=/init tsc=reliable tsc_early_khz=%lu "
             "random.trust_cpu=on no_timer_check mitigations=off quiet",
             tsc_khz());
    asset(kernel, sizeof(kernel), "vmlinuz");
    snprintf(initrd, sizeof(initrd), "%s/initramfs", vm->dir);
    snprintf(serial, sizeof(serial), "file:%s/console", vm->dir);
    snprintf(drive, sizeof(drive), "if=none,id=d,file=%s/disk.qcow2,format=qcow2,cache=unsafe",
             vm->dir);
    spec.stderr_fd = 2;
    spec.inherit = INHERIT_PERSON | INHERIT_DIRECTORY | INHERIT_UMASK;
    spec.die_with_parent = true;
    spec.fds[0].from = listen_fd;
    spec.fds[0].to = LISTEN_FD;
    spec.fd_count = 1;
    if (!proc_start(&spec, &vm->pid, &err))
        die("%s", err.message);
}

void vm_boot(struct vm *vm)
{
    char path[128];

    *vm = (struct vm){ 0 };
    snprintf(vm->dir, sizeof(vm->dir), "%s/pyro-vm-XXXXXX",
             getenv("TMPDIR") && strlen(getenv("TMPDIR")) < 32 ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(vm->dir))
        die("%s: %s", vm->dir, strerror(errno));
    snprintf(path, sizeof(path), "%s/initramfs", vm->dir);
    write_initramfs(path);
    snprintf(path, sizeof(path), "%s/disk.qcow2", vm->dir);
    make_overlay(path);
    vm_boot_again(vm);
}

void vm_boot_again(struct vm *vm)
{
    struct pyro_error err = { 0 };
    scoped_close int dir = fs_open_dir(AT_FDCWD, vm->dir, &err);
    scoped_close int listen_fd = dir < 0 ? -1 : sock_listen_at(dir, "port", &err);

    if (listen_fd < 0)
        die("%s", err.message);
    start_qemu(vm, listen_fd);
}

void vm_kill_qemu(struct vm *vm)
{
    proc_kill(vm->pid);
    vm->pid = 0;
    peer_close(&vm->peer);
}

bool vm_disk_is_clean(struct vm *vm)
{
    char disk[128], raw[128];
    const char *convert[] = { "qemu-img", "convert", "-O", "raw", disk, raw, NULL };
    const char *check[] = { "/sbin/e2fsck", "-fn", raw, NULL };
    struct proc_spec spec = proc_spec_of(convert);
    scoped_buf out = BUF_INIT(65536);
    struct pyro_error err = { 0 };
    bool clean;

    snprintf(disk, sizeof(disk), "%s/disk.qcow2", vm->dir);
    snprintf(raw, sizeof(raw), "%s/disk.raw", vm->dir);
    if (!proc_run(&spec, PEER_WAIT_MS, &out, &err))
        die("%s", err.message);
    spec = proc_spec_of(check);
    clean = proc_run(&spec, PEER_WAIT_MS, &out, &err);
    if (!clean)
        fprintf(stderr, "%s\n%s\n", err.message, out.data ? out.data : "");
    unlink(raw);
    return clean;
}

void vm_connect(struct vm *vm, bool resync)
{
    struct pyro_error err = { 0 };
    scoped_close int dir = fs_open_dir(AT_FDCWD, vm->dir, &err);
    int fd = dir < 0 ? -1 : sock_connect_at(dir, "port", &err);

    if (fd < 0)
        die("%s", err.message);
    peer_open(&vm->peer, fd, LINK_HOST_PORT);
    if (!link_hello(vm->peer.link, resync, &err))
        die("%s", err.message);
    peer_wait(&vm->peer, &vm->peer.ready);
}

int vm_wait_exit(struct vm *vm)
{
    struct pyro_error err = { 0 };
    int status = -1;

    if (!proc_wait(vm->pid, clock_ms() + PEER_WAIT_MS, &status, &err))
        die("%s", err.message);
    vm->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void vm_free(struct vm *vm)
{
    if (vm->pid > 0)
        proc_kill(vm->pid);
    peer_close(&vm->peer);
    if (!fs_remove_tree(AT_FDCWD, vm->dir, NULL))
        fprintf(stderr, "%s is left behind\n", vm->dir);
}
