/*
 * QEMU itself: where it is, which version, and the command line of pyro's machine.
 *
 * The machine is a microvm with one virtio-serial port ("pyro"), one virtio-blk disk and a serial
 * console. QEMU is given descriptors, never paths of pyro's state: the sockets it listens on, every
 * image of the disk chain, RAM, kernel. So it can run jailed and as somebody else, and nothing that
 * it, or a header it wrote, names is ever opened.
 */
#ifndef PYRO_QEMU_H
#define PYRO_QEMU_H

#include "vmm/accel.h"
#include "vmm/base/buf.h"
#include "vmm/base/error.h"
#include "vmm/base/proc.h"
#include "vmm/disk.h"
#include "vmm/jail.h"

#define QEMU_VERSION_MIN "7.2" /* the first with -netdev stream; Debian 12's */
#define QEMU_DISK "disk"       /* the device's id */
#define QEMU_DISK_PATH "/machine/peripheral/" QEMU_DISK

struct qemu {
    char path[256];   /* absolute, links resolved */
    char version[64]; /* "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)": as -version says it */
};

/*
 * Finds qemu-system-x86_64 (PYRO_QEMU, else PATH) and its version. `-version` costs tens of
 * milliseconds, so the answer is kept in cache_dir, for as long as the file is the same.
 * PYRO_DEPENDENCY_MISSING when there is none, or an older one than QEMU_VERSION_MIN.
 */
bool qemu_find(const char *cache_dir, struct qemu *ret, struct pyro_error *err) MUST_CHECK;

/* The settings of one QEMU process. All descriptors are borrowed and copied into the child. */
struct qemu_machine {
    const char *name; /* `-name pyro-NAME`, by which find.h finds it again; NULL: none */
    enum accel_kind accel;
    unsigned vcpu_count, mem_mib;
    int ram_fd;     /* memfd of mem_mib */
    int upper_fd;   /* another one, laid over it (holes.h); -1: none */
    bool ram_share; /* template: the guest writes into it; clone: private copy-on-write */
    const struct disk_chain *disk;
    int guest_fd, console_fd, qmp_fd; /* listening sockets */
    bool network;                     /* a network device, whose frames go through … */
    int net_fd;                       /* … this listening socket; each with its length before it */
    int kernel_fd, initramfs_fd;      /* a cold boot; -1 for a clone, which needs neither */
    bool die_with_parent;             /* a template's machine: nobody else would end it */
    bool incoming;                    /* -incoming defer -S */
};

/* An argv and the descriptors it speaks of. */
struct qemu_command {
    char **argv;
    struct proc_spec spec; /* borrows argv */
    int library;           /* of holes.h; -1: none */
    int opened[DISK_LAYERS_MAX];
    unsigned opened_count;
    struct jail_read_only
        read_only[DISK_LAYERS_MAX]; /* of those, all but the one that is written */
    unsigned read_only_count;
};
/*
 * Builds the command; opens the disk chain's files. Release it after proc_start(): that closes what
 * was opened here.
 */
bool qemu_command_build(const struct qemu *qemu, const struct qemu_machine *machine,
                        struct qemu_command *ret, struct pyro_error *err) MUST_CHECK;
void qemu_command_release(struct qemu_command *command);
/* What every kernel is started with; the speed of this host's clock comes on top. */
const char *qemu_kernel_arguments(enum accel_kind accel);

#endif
