/*
 * The jail QEMU is started in: a mount namespace whose root is a tmpfs with read-only binds of what
 * QEMU needs and nothing else, pid, ipc and network namespaces of its own, a user namespace when
 * pyro is not root and user nobody when it is, no new privileges, limits on what it may consume.
 *
 * What a host does not allow is left out, step by step, and reported: a bit is set for each step
 * that is in force. QEMU's seccomp sandbox is always on.
 */
#ifndef PYRO_JAIL_H
#define PYRO_JAIL_H

#include <stdint.h>

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
    JAIL_SECCOMP = 1 << 8
};

struct jail {
    enum accel_kind accel;
    uint64_t file_size_max; /* bytes any file may grow to (the disk's overlay); 0: no limit */
};

/*
 * proc_start() inside the jail. spec's before_exec, arg and clone_flags are the jail's own.
 * *ret_steps (enum jail_step bits) tells what is in force.
 */
bool jail_start(const struct jail *jail, const struct proc_spec *spec, pid_t *ret_pid,
                unsigned *ret_steps, struct pyro_error *err) MUST_CHECK;
/* In words, for doctor and status: "seccomp, user nobody, namespaces: mount pid ipc net; missing:
 * …". Borrowed, from a static buffer. */
const char *jail_describe(unsigned steps);
/* Tries the jail with /bin/true-like child and tells what this host allows. */
bool jail_probe(unsigned *ret_steps, struct pyro_error *err) MUST_CHECK;

#endif
