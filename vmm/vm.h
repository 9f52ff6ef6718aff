/*
 * A running VM: the QEMU process and the descriptors that lead to it.
 *
 * QEMU is started by the supervisor but outlives it: it listens itself on the sockets `qmp`,
 * `guest` and `console` in the workspace's run directory, and a new supervisor finds it again by
 * pid and start time (vm_adopt). The supervisor watches pidfd for its end, reads console_fd and
 * stderr_fd so that they never fill, and speaks to the guest through guest_fd (link.h).
 */
#ifndef PYRO_VM_H
#define PYRO_VM_H

#include <sys/types.h>

#include "vmm/base/buf.h"
#include "vmm/disk.h"
#include "vmm/jail.h"
#include "vmm/qmp.h"
#include "vmm/ram.h"

#define VM_STDERR_MAX 4096 /* of QEMU's stderr, the last bytes are kept */

/* In the run directory, which may be any directory of this user. */
#define VM_SOCKET_QMP "qmp"
#define VM_SOCKET_GUEST "guest"
#define VM_SOCKET_CONSOLE "console"
#define VM_SOCKET_NET "net" /* of a machine with a network device */

/* How a QEMU ended unexpectedly. */
enum vm_end {
    VM_END_NONE,
    VM_END_OWN,   /* it gave up, or crashed */
    VM_END_KILLED /* from outside, or by the kernel for lack of memory */
};

struct vm {
    pid_t pid;
    uint64_t start_time; /* proc_start_time(): with pid it identifies the process for good */
    int pidfd;           /* readable when QEMU has ended */
    int guest_fd;        /* connected to the guest's port: hand it to link_new() with take_fd() */
    int console_fd;      /* connected to the serial console: hand it to console_new() */
    int stderr_fd;       /* QEMU's stderr, non-blocking: call vm_read_stderr() when readable; -1 */
    int ram_fd;          /* the template's RAM, held for the next clone; -1 */
    struct qmp *qmp;
    unsigned jail_steps; /* enum jail_step, in force */
    enum vm_end end;     /* vm_tell_end()'s */
    struct buf stderr_tail;
};
#define VM_INIT                                                                                    \
    {                                                                                              \
        .pidfd = -1, .guest_fd = -1, .console_fd = -1, .stderr_fd = -1, .ram_fd = -1,              \
        .stderr_tail = {                                                                           \
            .max = VM_STDERR_MAX                                                                   \
        }                                                                                          \
    }

/*
 * Finds a QEMU that an earlier supervisor started; connects to all three sockets. PYRO_VM_FAILED
 * when that process is gone or does not answer. `ram` (may be NULL) is the identity its RAM has:
 * then ram_fd is taken back from it if it passes the check.
 */
bool vm_adopt(pid_t pid, uint64_t start_time, int run_dirfd, const struct ram_identity *ram,
              struct vm *ret, struct pyro_error *err) MUST_CHECK;
/* A connection to the machine's network device, frames each with a big-endian u32 of its length
 * before it; -1 on failure. QEMU serves one at a time: a further one waits until the one before is
 * closed. */
int vm_connect_network(int run_dirfd, struct pyro_error *err) MUST_CHECK;
/* Waits until QEMU has ended; false when it has not by deadline_ms (clock_ms()). */
bool vm_wait(struct vm *vm, int64_t deadline_ms);
/* SIGKILL, and waits for the end, but not forever. No effect when it has ended. */
void vm_kill(struct vm *vm);
/* Reads what QEMU wrote to stderr, keeping the tail. False at its end: unwatch. */
bool vm_read_stderr(struct vm *vm);
/* The reason it ended, in words: "QEMU was killed by signal 9 (Killed)", "QEMU exited with status
 * 1: its last lines". Reaps it when it is a child. For an ended VM only. */
void vm_describe_end(struct vm *vm, char *ret, size_t n);
/* Closes every descriptor; QEMU goes on. A VM_INIT or released one is fine. */
void vm_release(struct vm *vm);

#endif
