/*
 * tests/bench/cold_boot.c KERNEL INITRAMFS BASE MEM_MIB: what `pyro run … -- true` would be without
 * a template. Plain QEMU, no jail, with the command line of pyro's machine, boots the same kernel,
 * initramfs and disk; the guest becomes ready, runs `true`, and QEMU is killed. Ends with status 0
 * when `true` did.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state/paths.h"
#include "tests/unit/peer.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"
#include "vmm/base/sock.h"
#include "vmm/disk.h"
#include "vmm/qemu.h"
#include "vmm/ram.h"

struct cold_vm {
    char dir[64]; /* overlay and sockets */
    pid_t pid;
    struct peer peer;
};

static int open_input(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        die("%s: %s", path, strerror(errno));
    return fd;
}

static int listen_at(int dir_fd, const char *name)
{
    struct pyro_error err = { 0 };
    int fd = sock_listen_at(dir_fd, name, &err);

    if (fd < 0)
        die("%s", err.message);
    return fd;
}

static char *make_overlay(const char *base, const char *dir, int dir_fd)
{
    struct pyro_error err = { 0 };
    struct stat st;

    if (stat(base, &st) != 0)
        die("%s: %s", base, strerror(errno));
    if (!disk_create_overlay(dir_fd, "disk.qcow2", (uint64_t)st.st_size, &err))
        die("%s", err.message);
    return str_printf("%s/disk.qcow2", dir);
}

static void find_machine(struct qemu *qemu, enum accel_kind *accel)
{
    struct pyro_error err = { 0 };
    char *cache = paths_cache(&err);

    if (!cache || !qemu_find(cache, qemu, &err) ||
        !accel_choose(cache, qemu->version, accel, NULL, &err))
        die("%s", err.message);
    free(cache);
}

static void boot(struct cold_vm *vm, char **argv)
{
    unsigned mem_mib = (unsigned)strtoul(argv[4], NULL, 10);
    struct qemu_machine m = {
        .vcpu_count = 1, .mem_mib = mem_mib, .upper_fd = -1, .ram_share = true
    };
    struct qemu_command command;
    struct pyro_error err = { 0 };
    struct disk_chain chain;
    struct qemu qemu;
    int dir_fd, fd;

    find_machine(&qemu, &m.accel);
    dir_fd = fs_open_dir(AT_FDCWD, vm->dir, &err);
    m.ram_fd = dir_fd < 0 ? -1 : ram_create((uint64_t)mem_mib << 20, &err);
    if (m.ram_fd < 0)
        die("%s", err.message);
    chain = disk_chain_of(argv[3], make_overlay(argv[3], vm->dir, dir_fd));
    m.disk = &chain;
    m.guest_fd = listen_at(dir_fd, "port");
    m.console_fd = listen_at(dir_fd, "console");
    m.qmp_fd = listen_at(dir_fd, "qmp");
    m.kernel_fd = open_input(argv[1]);
    m.initramfs_fd = open_input(argv[2]);
    if (!qemu_command_build(&qemu, &m, &command, &err))
        die("%s", err.message);
    command.spec.die_with_parent = true;
    command.spec.stderr_fd = 2;
    if (!proc_start(&command.spec, &vm->pid, &err))
        die("%s", err.message);
    qemu_command_release(&command);
    fd = sock_connect_at(dir_fd, "port", &err);
    if (fd < 0)
        die("%s", err.message);
    peer_open(&vm->peer, fd, LINK_HOST_PORT);
    if (!link_hello(vm->peer.link, false, &err))
        die("%s", err.message);
    peer_wait(&vm->peer, &vm->peer.ready);
    close(dir_fd);
}

static void request(struct cold_vm *vm, json_t *what, bool is_exec)
{
    struct pyro_error err = { 0 };
    struct call c;

    call_run(&c, &vm->peer, what);
    if (!c.result || !error_from_result(c.result, &err))
        die("the guest failed: %s", err.message);
    if (is_exec && json_int_or(c.result, "exit_code", -1) != 0)
        die("the command failed in the guest");
    call_release(&c);
}

int main(int argc, char **argv)
{
    struct cold_vm vm = { 0 };

    if (argc != 5)
        die("cold_boot KERNEL INITRAMFS BASE MEM_MIB");
    snprintf(vm.dir, sizeof(vm.dir), "/tmp/pyro-cold-XXXXXX");
    if (!mkdtemp(vm.dir))
        die("%s: %s", vm.dir, strerror(errno));
    boot(&vm, argv);
    request(&vm, json_pack("{s:s, s:s}", "op", "prepare", "root", "mounted"), false);
    request(&vm, peer_begin_request("mounted"), false);
    request(&vm, json_pack("{s:s, s:[s]}", "op", "exec", "command", "true"), true);
    proc_kill(vm.pid);
    peer_close(&vm.peer);
    if (!fs_remove_tree(AT_FDCWD, vm.dir, NULL))
        die("%s is left behind", vm.dir);
    return 0;
}
