/*
 * tests/kvm/init.c: PID 1 of the VM that lends a KVM to the tests (check-kvm.sh). It loads the
 * modules of its initramfs, makes the disk its root, runs the tests there on the console and turns
 * the machine off. Static, and built by check-kvm.sh; no part of pyro.
 *
 * Run on the host it prints the rate of the TSC, in kHz: an emulated guest sees the host's, cannot
 * measure it when the host is busy, and then hangs in early boot; so it is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define DISK "/dev/vda"
#define DISK_WAIT_ROUNDS 1000

/* In load order. */
static const char *const modules[] = { "virtio_ring", "virtio", "virtio_mmio", "virtio_blk",
                                       "irqbypass",   "kvm",    "kvm_amd" };

static const struct {
    const char *type, *at, *options;
} mounts[] = {
    { "proc", "/newroot/proc", NULL },
    { "sysfs", "/newroot/sys", NULL },
    { "devtmpfs", "/newroot/dev", "mode=0755" },
    { "devpts", "/newroot/dev/pts", "gid=5,mode=0620,ptmxmode=0666" },
    { "tmpfs", "/newroot/dev/shm", "mode=1777" },
    { "cgroup2", "/newroot/sys/fs/cgroup", NULL },
    { "tmpfs", "/newroot/run", "mode=0755" },
    { "tmpfs", "/newroot/tmp", "mode=1777" },
};

static double clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void print_tsc_khz(void)
{
    double start = clock_ms(), ms;
    unsigned long long first = __rdtsc(), last;

    do {
        last = __rdtsc();
        ms = clock_ms() - start;
    } while (ms < 50);
    printf("%.0f\n", (double)(last - first) / ms);
}

/* Without a return: the machine goes off. */
static void off(const char *why)
{
    if (why)
        printf("init: %s: %s\n", why, strerror(errno));
    fflush(stdout);
    sync();
    reboot(RB_AUTOBOOT); /* QEMU is told to end when its guest reboots */
    for (;;)
        pause();
}

static void load_modules(void)
{
    char path[64];

    for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++) {
        int fd;
        snprintf(path, sizeof(path), "/modules/%s.ko", modules[i]);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) != 0)
            off(path);
        close(fd);
    }
}

static void make_root(void)
{
    const struct timespec rest = { .tv_nsec = 10 * 1000 * 1000 };

    if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) != 0)
        off("devtmpfs");
    for (int i = 0; access(DISK, F_OK) != 0; i++) {
        if (i == DISK_WAIT_ROUNDS)
            off(DISK);
        nanosleep(&rest, NULL);
    }
    if (mount(DISK, "/newroot", "ext4", MS_NOATIME, NULL) != 0)
        off("mount " DISK);
    for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
        mkdir(mounts[i].at, 0755);
        if (mount(mounts[i].type, mounts[i].at, mounts[i].type, 0, mounts[i].options) != 0)
            off(mounts[i].at);
    }
    /* Moved, not only chrooted: a chrooted process may not make user namespaces. */
    if (chdir("/newroot") != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 ||
        chdir("/") != 0)
        off("the new root");
}

int main(void)
{
    static char *argv[] = { "bash", "/check/inside.sh", NULL };
    static char *envp[] = { "PATH=/usr/bin:/usr/sbin", "HOME=/root", "LC_ALL=C", NULL };
    pid_t child, pid;
    int fd;

    if (getpid() != 1) {
        print_tsc_khz();
        return 0;
    }
    load_modules();
    make_root();
    if ((fd = open("/dev/console", O_RDWR)) < 0)
        off("console");
    dup2(fd, 0), dup2(fd, 1), dup2(fd, 2);
    child = fork();
    if (child == 0) {
        setsid();
        execve("/usr/bin/bash", argv, envp);
        _exit(127);
    }
    while ((pid = wait(NULL)) != child && (pid > 0 || errno == EINTR))
        ;
    off(NULL);
}
