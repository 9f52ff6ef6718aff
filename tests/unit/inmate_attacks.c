/* tests/unit/inmate_attacks.c: one function an attack, and the table. */
#include "tests/unit/inmate_attacks.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/fs.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static const char *by_fd(const struct inmate_prey *p)
{
    static char path[40];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", p->file_fd);
    return path;
}

/* Whether a call got as far as the part of the kernel that it is for. */
static bool reached(long result)
{
    return result >= 0 || (errno != EPERM && errno != ENOSYS && errno != EACCES);
}

static bool write_to_it(const struct inmate_prey *p)
{
    return pwrite(p->file_fd, "x", 1, 0) == 1;
}

static bool open_for_writing(const struct inmate_prey *p)
{
    return open(by_fd(p), O_RDWR) >= 0;
}

static bool open_for_appending(const struct inmate_prey *p)
{
    return open(by_fd(p), O_WRONLY | O_APPEND) >= 0;
}

static bool open_emptying(const struct inmate_prey *p)
{
    return open(by_fd(p), O_RDONLY | O_TRUNC) >= 0;
}

static bool change_mode(const struct inmate_prey *p)
{
    return fchmod(p->file_fd, 0666) == 0;
}

static bool change_mode_by_link(const struct inmate_prey *p)
{
    return chmod(by_fd(p), 0666) == 0;
}

static bool change_mode_at(const struct inmate_prey *p)
{
    return syscall(SYS_fchmodat, AT_FDCWD, by_fd(p), 0666) == 0;
}

static bool change_mode_at2(const struct inmate_prey *p)
{
    return syscall(SYS_fchmodat2, p->file_fd, "", 0666, AT_EMPTY_PATH) == 0;
}

static bool change_mode_then_write(const struct inmate_prey *p)
{
    int fd;

    (void)!chmod(by_fd(p), 0666);
    (void)!fchmod(p->file_fd, 0666);
    fd = open(by_fd(p), O_RDWR);
    return fd >= 0 && pwrite(fd, "x", 1, 0) == 1;
}

static bool change_owner(const struct inmate_prey *p)
{
    return fchown(p->file_fd, (uid_t)-1, (gid_t)-1) == 0;
}

static bool truncate_by_path(const struct inmate_prey *p)
{
    return truncate(by_fd(p), 3) == 0;
}

static bool truncate_by_fd(const struct inmate_prey *p)
{
    return ftruncate(p->file_fd, 3) == 0;
}

static bool punch(const struct inmate_prey *p)
{
    return fallocate(p->file_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0;
}

static bool set_attribute(const struct inmate_prey *p)
{
    return fsetxattr(p->file_fd, "user.pyro", "x", 1, 0) == 0;
}

static bool set_attribute_by_link(const struct inmate_prey *p)
{
    return setxattr(by_fd(p), "user.pyro", "x", 1, 0) == 0;
}

static bool set_acl(const struct inmate_prey *p)
{
    /* version 2; user, group and others may read and write */
    static const uint8_t acl[] = { 2, 0, 0,   0,   1,   0,   6,  0, 255, 255, 255, 255, 4,   0,
                                   6, 0, 255, 255, 255, 255, 32, 0, 6,   0,   255, 255, 255, 255 };

    return fsetxattr(p->file_fd, "system.posix_acl_access", acl, sizeof(acl), 0) == 0;
}

static bool set_times(const struct inmate_prey *p)
{
    return futimens(p->file_fd, NULL) == 0;
}

static bool set_times_by_link(const struct inmate_prey *p)
{
    return utimensat(AT_FDCWD, by_fd(p), NULL, 0) == 0;
}

static bool set_flags(const struct inmate_prey *p)
{
    int flags = FS_NODUMP_FL;

    return ioctl(p->file_fd, FS_IOC_SETFLAGS, &flags) == 0;
}

/* A process that opens the file for writing then waits for it. */
static bool lease_it(const struct inmate_prey *p)
{
    return fcntl(p->file_fd, F_SETLEASE, F_RDLCK) == 0;
}

static bool claim_it(const struct inmate_prey *p)
{
    return flock(p->file_fd, LOCK_EX | LOCK_NB) == 0;
}

static bool link_it(const struct inmate_prey *p)
{
    return linkat(AT_FDCWD, by_fd(p), AT_FDCWD, "/dev/pyro-inmate", AT_SYMLINK_FOLLOW) == 0;
}

/* With all rights over mounts in a namespace of its own, is the mount still read-only? */
static bool make_mount_writable(const struct inmate_prey *p)
{
    struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };
    int tree;

    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return false;
    tree = open_tree(AT_FDCWD, by_fd(p), OPEN_TREE_CLONE);
    return tree >= 0 && mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0;
}

static bool unshare_user(const struct inmate_prey *p UNUSED)
{
    return unshare(CLONE_NEWUSER) == 0;
}

static bool unshare_network(const struct inmate_prey *p UNUSED)
{
    return unshare(CLONE_NEWNET) == 0;
}

static bool clone_user(const struct inmate_prey *p UNUSED)
{
    long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0);

    if (pid == 0)
        _exit(0);
    return pid > 0;
}

static bool clone3_user(const struct inmate_prey *p UNUSED)
{
    uint64_t args[8] = { CLONE_NEWUSER, 0, 0, 0, SIGCHLD };
    long pid = syscall(SYS_clone3, args, sizeof(args));

    if (pid == 0)
        _exit(0);
    return pid > 0;
}

static bool join_namespace(const struct inmate_prey *p UNUSED)
{
    return reached(setns(-1, CLONE_NEWNS));
}

static bool mount_something(const struct inmate_prey *p UNUSED)
{
    return reached(mount("none", "/", "pyro-no-such-file-system", 0, NULL));
}

static bool copy_mount(const struct inmate_prey *p UNUSED)
{
    return open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE) >= 0;
}

static bool read_users(const struct inmate_prey *p UNUSED)
{
    return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool read_users_by_root_link(const struct inmate_prey *p UNUSED)
{
    return open("/proc/self/root/../etc/passwd", O_RDONLY) >= 0;
}

static bool look_up_users(const struct inmate_prey *p UNUSED)
{
    struct stat st;

    return stat("/etc/passwd", &st) == 0;
}

static bool read_environment(const struct inmate_prey *p UNUSED)
{
    return open("/proc/1/environ", O_RDONLY) >= 0;
}

static bool list_home(const struct inmate_prey *p UNUSED)
{
    return open("/home", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool make_file(const struct inmate_prey *p UNUSED)
{
    int fd = open("/dev/shm/pyro-inmate", O_CREAT | O_RDWR, 0600);

    if (fd >= 0)
        unlink("/dev/shm/pyro-inmate");
    return fd >= 0;
}

static bool make_nameless_file(const struct inmate_prey *p UNUSED)
{
    return open("/tmp", O_TMPFILE | O_RDWR, 0600) >= 0 || open("/", O_TMPFILE | O_RDWR, 0600) >= 0;
}

static bool kill_victim(const struct inmate_prey *p)
{
    return kill(p->victim, SIGKILL) == 0;
}

static bool tgkill_victim(const struct inmate_prey *p)
{
    return syscall(SYS_tgkill, p->victim, p->victim, SIGKILL) == 0;
}

static bool tkill_victim(const struct inmate_prey *p)
{
    return syscall(SYS_tkill, p->victim, SIGKILL) == 0;
}

static bool queue_to_victim(const struct inmate_prey *p)
{
    return sigqueue(p->victim, SIGTERM, (union sigval){ 0 }) == 0;
}

/* Signals for the owner of a descriptor's events, which need not be its holder. */
static bool own_victim(const struct inmate_prey *p)
{
    return fcntl(1, F_SETOWN, p->victim) == 0;
}

static bool own_victim_ex(const struct inmate_prey *p)
{
    struct f_owner_ex owner = { F_OWNER_PID, p->victim };

    return fcntl(1, F_SETOWN_EX, &owner) == 0;
}

static bool watch_victim(const struct inmate_prey *p)
{
    return syscall(SYS_pidfd_open, p->victim, 0) >= 0;
}

static bool trace_victim(const struct inmate_prey *p)
{
    return ptrace(PTRACE_SEIZE, p->victim, NULL, NULL) == 0;
}

static bool read_victim(const struct inmate_prey *p)
{
    char byte, *there = (char *)(uintptr_t)INMATE_CONTENT; /* a fork: the same addresses */
    struct iovec to = { &byte, 1 }, from = { there, 1 };

    return process_vm_readv(p->victim, &to, 1, &from, 1, 0) == 1;
}

static bool make_socket(const struct inmate_prey *p UNUSED)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool make_unix_socket(const struct inmate_prey *p UNUSED)
{
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool make_netlink_socket(const struct inmate_prey *p UNUSED)
{
    return socket(AF_NETLINK, SOCK_RAW, 0) >= 0;
}

static bool use_io_uring(const struct inmate_prey *p UNUSED)
{
    char parameters[256] = { 0 };

    return reached(syscall(SYS_io_uring_setup, 1, parameters));
}

static bool use_userfaultfd(const struct inmate_prey *p UNUSED)
{
    return reached(syscall(SYS_userfaultfd, 1 /* user mode only: any user may */));
}

static bool use_bpf(const struct inmate_prey *p UNUSED)
{
    return reached(syscall(SYS_bpf, 0, NULL, 0));
}

static bool use_keys(const struct inmate_prey *p UNUSED)
{
    return reached(syscall(SYS_keyctl, 0 /* the id of a keyring */, -3, 0));
}

static bool add_key(const struct inmate_prey *p UNUSED)
{
    return reached(syscall(SYS_add_key, "user", "pyro", "x", 1, -2));
}

static bool use_perf(const struct inmate_prey *p UNUSED)
{
    return reached(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
}

static bool make_memory_file(const struct inmate_prey *p UNUSED)
{
    return memfd_create("x", 0) >= 0;
}

static bool make_shared_memory(const struct inmate_prey *p UNUSED)
{
    return syscall(SYS_shmget, 0 /* IPC_PRIVATE */, 4096, 0600) >= 0;
}

#define ATTACK(name) { #name, name }
/* A lock by fcntl(2) is missing here: a read-only descriptor is enough for one, which nothing but a
 * filter without fcntl(2) prevents. So pyro looks at no locks on such files (test_fd_set.c). */
const struct inmate_attack inmate_attacks[] = {
    ATTACK(write_to_it),
    ATTACK(open_for_writing),
    ATTACK(open_for_appending),
    ATTACK(open_emptying),
    ATTACK(change_mode),
    ATTACK(change_mode_by_link),
    ATTACK(change_mode_at),
    ATTACK(change_mode_at2),
    ATTACK(change_mode_then_write),
    ATTACK(change_owner),
    ATTACK(truncate_by_path),
    ATTACK(truncate_by_fd),
    ATTACK(punch),
    ATTACK(set_attribute),
    ATTACK(set_attribute_by_link),
    ATTACK(set_acl),
    ATTACK(set_times),
    ATTACK(set_times_by_link),
    ATTACK(set_flags),
    ATTACK(lease_it),
    ATTACK(claim_it),
    ATTACK(link_it),
    ATTACK(make_mount_writable),
    ATTACK(unshare_user),
    ATTACK(unshare_network),
    ATTACK(clone_user),
    ATTACK(clone3_user),
    ATTACK(join_namespace),
    ATTACK(mount_something),
    ATTACK(copy_mount),
    ATTACK(read_users),
    ATTACK(read_users_by_root_link),
    ATTACK(look_up_users),
    ATTACK(read_environment),
    ATTACK(list_home),
    ATTACK(make_file),
    ATTACK(make_nameless_file),
    ATTACK(kill_victim),
    ATTACK(tgkill_victim),
    ATTACK(tkill_victim),
    ATTACK(queue_to_victim),
    ATTACK(own_victim),
    ATTACK(own_victim_ex),
    ATTACK(watch_victim),
    ATTACK(trace_victim),
    ATTACK(read_victim),
    ATTACK(make_socket),
    ATTACK(make_unix_socket),
    ATTACK(make_netlink_socket),
    ATTACK(use_io_uring),
    ATTACK(use_userfaultfd),
    ATTACK(use_bpf),
    ATTACK(use_keys),
    ATTACK(add_key),
    ATTACK(use_perf),
    ATTACK(make_memory_file),
    ATTACK(make_shared_memory),
};

const unsigned inmate_attack_count = ARRAY_SIZE(inmate_attacks);
