/*
 * The jail QEMU is started in: a mount namespace whose root is a tmpfs with read-only binds of what
 * QEMU needs and nothing else, pid, ipc and network namespaces of its own, a user namespace when
 * pyro is not root and user nobody when it is, no new privileges, limits on what it may consume, a
 * filter on system calls beside QEMU's own.
 *
 * A read-only descriptor is not enough for a file that must not change: the file's owner can make
 * it writable and open it again through /proc/self/fd. So such files are named to the jail, and two
 * barriers protect them: inside, their descriptors lead through a read-only mount; and their mode,
 * which has no write bit, cannot be changed under the filter. Landlock is a third, which alone is
 * not enough: it does not cover chmod, nor truncation before Linux 6.2.
 *
 * Steps that a host does not allow are left out and reported: a bit is set for each step that is in
 * force. With neither of the first two barriers nothing is started, unless it runs as another user
 * (nobody, for root) or PYRO_ALLOW_WEAK_JAIL=1. QEMU's seccomp sandbox is always on.
 */
#ifndef PYRO_JAIL_H
#define PYRO_JAIL_H

#include <stdint.h>
#include <sys/types.h>

#include "vmm/accel.h"
#include "vmm/base/error.h"
#include "vmm/base/proc.h"

enum jail_step {
    JAIL_USER_NAMESPACE = 1 << 0,
    JAIL_MOUNT_NAMESPACE = 1 << 1, /* with a root of its own */
    JAIL_PID_NAMESPACE = 1 << 2,
    JAIL_IPC_NAMESPACE = 1 << 3,
    JAIL_NET_NAMESPACE = 1 << 4,
    JAIL_UNPRIVILEGED = 1 << 5, /* runs as nobody, or as the user who started it, without rights */
    JAIL_NO_NEW_PRIVS = 1 << 6,
    JAIL_LIMITS = 1 << 7,
    JAIL_SECCOMP = 1 << 8,
    JAIL_READ_ONLY_MOUNTS = 1 << 9, /* for all files that it may only read */
    JAIL_CALL_FILTER = 1 << 10,
    JAIL_LANDLOCK = 1 << 11
};

/* A file that the inmate must not be able to change, as any user. */
struct jail_read_only {
    const char *path; /* absolute, borrowed: it is opened once more, inside */
    dev_t device;     /* of the file that was found there and checked: no other is accepted */
    ino_t inode;
    int fd; /* the number of its descriptor in the spec: read-only as well */
};

struct jail {
    enum accel_kind accel;
    uint64_t file_size_max; /* bytes any file may grow to (the disk's overlay); 0: no limit */
    uint64_t memory_max;    /* bytes of its address space; 0: no limit */
    const struct jail_read_only *read_only;
    unsigned read_only_count;
};

/*
 * proc_start() inside the jail. spec's before_exec, arg and clone_flags are the jail's own.
 * *ret_steps (enum jail_step bits) says what is in force. PYRO_PERMISSION when that is too little.
 */
bool jail_start(const struct jail *jail, const struct proc_spec *spec, pid_t *ret_pid,
                unsigned *ret_steps, struct pyro_error *err) MUST_CHECK;
/* In words, for doctor and status: "seccomp, user nobody, namespaces: mount pid ipc net; missing:
 * …". Borrowed, from a static buffer. */
const char *jail_describe(unsigned steps);
/* Tries the jail with a child like /bin/true and says what this host allows. */
bool jail_probe(unsigned *ret_steps, struct pyro_error *err) MUST_CHECK;

#endif
