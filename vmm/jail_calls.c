/*
 * vmm/jail_calls.c: the table.
 *
 * A list of denied calls, like QEMU's own: the calls QEMU makes differ between versions. What
 * matters most is that a file it has a read-only descriptor of, and whose owner it may be, cannot
 * be made writable. Calls fail rather than kill: QEMU tries some of them and can do without.
 */
#include "vmm/jail_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/fs.h>
#include <linux/fsverity.h>
#include <linux/sockios.h>

#include "vmm/base/cleanup.h"
#include "vmm/base/confine.h"

/* Newer than Debian 12's headers. The same on all machines. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#endif
#ifndef SYS_removexattrat
#define SYS_removexattrat 466
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif
#ifndef SYS_file_setattr
#define SYS_file_setattr 469
#endif

#define REFUSED CONFINE_FAIL(EPERM)
#define UNKNOWN CONFINE_FAIL(ENOSYS)
#define DENY(name) { .call = SYS_##name, .action = REFUSED }
#define DENY_EQUAL(name, n, wanted)                                                                \
    { .call = SYS_##name, .action = REFUSED, .when = CONFINE_EQUAL, .arg = (n), .value = (wanted) }
#define DENY_BITS(name, n, bits)                                                                   \
    { .call = SYS_##name, .action = REFUSED, .when = CONFINE_ANY_OF, .arg = (n), .value = (bits) }

#define NEW_NAMESPACES                                                                             \
    ((uint32_t)CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |          \
     CLONE_NEWUTS | CLONE_NEWCGROUP)
/* O_TMPFILE without the O_DIRECTORY bit in it. */
#define MAKES_OR_EMPTIES ((uint32_t)(O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY)))

static const struct confine_rule denied[] = {
/* The modes, owners, times and attributes of files. */
#ifdef SYS_chmod
    DENY(chmod),
    DENY(chown),
    DENY(lchown),
    DENY(utime),
    DENY(utimes),
    DENY(futimesat),
#endif
    DENY(fchmod),
    DENY(fchmodat),
    DENY(fchmodat2),
    DENY(fchown),
    DENY(fchownat),
    DENY(utimensat),
    DENY(setxattr),
    DENY(lsetxattr),
    DENY(fsetxattr),
    DENY(setxattrat),
    DENY(removexattr),
    DENY(lremovexattr),
    DENY(fremovexattr),
    DENY(removexattrat),
    DENY(file_setattr),
    DENY_EQUAL(ioctl, 1, (uint32_t)FS_IOC_SETFLAGS),
    DENY_EQUAL(ioctl, 1, (uint32_t)FS_IOC32_SETFLAGS),
    DENY_EQUAL(ioctl, 1, (uint32_t)FS_IOC_SETVERSION),
    DENY_EQUAL(ioctl, 1, (uint32_t)FS_IOC_FSSETXATTR),
    DENY_EQUAL(ioctl, 1, (uint32_t)FS_IOC_ENABLE_VERITY),
/* Files by name: made, emptied, renamed, removed. QEMU removes the sockets it was given, and
 * complains when that fails for any reason but ENOENT. */
#ifdef SYS_open
    DENY_BITS(open, 1, MAKES_OR_EMPTIES),
    DENY(creat),
    DENY(link),
    DENY(symlink),
    DENY(rename),
    DENY(mkdir),
    DENY(rmdir),
    DENY(mknod),
    { .call = SYS_unlink, .action = CONFINE_FAIL(ENOENT) },
#endif
    DENY_BITS(openat, 2, MAKES_OR_EMPTIES),
    { .call = SYS_openat2, .action = UNKNOWN },
    DENY(truncate),
    DENY(linkat),
    DENY(symlinkat),
#ifdef SYS_renameat
    DENY(renameat),
#endif
    DENY(renameat2),
    DENY(mkdirat),
    DENY(mknodat),
    { .call = SYS_unlinkat, .action = CONFINE_FAIL(ENOENT) },
    DENY(name_to_handle_at),
    DENY(open_by_handle_at),
    /* Namespaces and mounts: in a user namespace of its own it would have rights over them. What
     * clone3(2) is asked to do cannot be inspected; the C library then takes clone(2). */
    DENY(unshare),
    DENY(setns),
    DENY_BITS(clone, 0, NEW_NAMESPACES),
    { .call = SYS_clone3, .action = UNKNOWN },
    DENY(mount),
    DENY(umount2),
    DENY(pivot_root),
    DENY(chroot),
    DENY(open_tree),
    DENY(open_tree_attr),
    DENY(move_mount),
    DENY(mount_setattr),
    DENY(fsopen),
    DENY(fsconfig),
    DENY(fsmount),
    DENY(fspick),
    /* Other processes. */
    DENY(ptrace),
    DENY(kcmp),
    DENY(process_vm_readv),
    DENY(process_vm_writev),
    DENY(process_madvise),
    DENY(pidfd_open),
    DENY(pidfd_getfd),
    DENY(pidfd_send_signal),
    DENY(rt_sigqueueinfo),
    DENY(rt_tgsigqueueinfo),
    DENY(tkill),
    DENY_EQUAL(fcntl, 1, F_SETOWN),
    DENY_EQUAL(fcntl, 1, F_SETOWN_EX),
    DENY_EQUAL(fcntl, 1, F_SETSIG),
    DENY_EQUAL(ioctl, 1, FIOSETOWN),
    DENY_EQUAL(ioctl, 1, SIOCSPGRP),
    /* Locks on a file that others would have to wait for. QEMU's own locks are fcntl's. */
    DENY_EQUAL(fcntl, 1, F_SETLEASE),
    DENY(flock),
    /* Connections: it is given all that it needs. */
    DENY(socket),
    DENY(socketpair),
    DENY(bind),
    DENY(connect),
    /* Memory that the limit on its address space does not cover. */
    DENY(memfd_create),
    DENY(memfd_secret),
    DENY(shmget),
    DENY(msgget),
    DENY(semget),
    DENY(mq_open),
    /* Parts of the kernel that it has no use for and that have had many bugs. */
    { .call = SYS_io_uring_setup, .action = UNKNOWN },
    DENY(io_uring_enter),
    DENY(io_uring_register),
    DENY(userfaultfd),
    DENY(bpf),
    DENY(perf_event_open),
    DENY(keyctl),
    DENY(add_key),
    DENY(request_key),
    DENY(fanotify_init),
#ifdef SYS_modify_ldt
    DENY(modify_ldt),
    DENY(iopl),
    DENY(ioperm),
#endif
    DENY(init_module),
    DENY(finit_module),
    DENY(delete_module),
    DENY(kexec_load),
    DENY(kexec_file_load),
    DENY(quotactl),
    DENY(acct),
};

/* Signals to itself only. */
#define OWN_ROWS 4
_Static_assert(ARRAY_SIZE(denied) + OWN_ROWS <= CONFINE_RULES_MAX, "the filter has room");

bool jail_filter_calls(void)
{
    const uint32_t self = (uint32_t)getpid();
    const struct confine_rule own[OWN_ROWS] = {
        { SYS_kill, CONFINE_ALLOW, CONFINE_EQUAL, 0, self },
        DENY(kill),
        { SYS_tgkill, CONFINE_ALLOW, CONFINE_EQUAL, 0, self },
        DENY(tgkill),
    };
    struct confine_rule rules[ARRAY_SIZE(denied) + OWN_ROWS];

    for (size_t i = 0; i < ARRAY_SIZE(denied); i++)
        rules[i] = denied[i];
    for (size_t i = 0; i < OWN_ROWS; i++)
        rules[ARRAY_SIZE(denied) + i] = own[i];
    return confine_calls(rules, ARRAY_SIZE(rules), CONFINE_ALLOW);
}
