/* tests/unit/inmate.c: the attacks, and who judges them. */
#include "tests/unit/unit.h"

#include "tests/unit/inmate.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/fs.h>

#include "vmm/base/fs.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

#define USER 1234
#define PATIENCE_MS 60000
#define CONTENT "what the image holds"
#define ESCAPED 'e'
#define REFUSED 'r'

/* ---- the attacks: true when they came through ---- */

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

/* Whoever opens the file for writing then waits for it. */
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
    char byte, *there = (char *)(uintptr_t)CONTENT; /* a fork: the same addresses */
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

#define ATTACK(name)                                                                               \
    {                                                                                              \
#name, name                                                                                \
    }
/* A lock by fcntl(2) is missing here: a read-only descriptor is enough for one, which nothing but a
 * filter without fcntl(2) prevents. So pyro looks at no locks on such files (test_fd_set.c). */
static const struct {
    const char *name;
    bool (*comes_through)(const struct inmate_prey *);
} attacks[] = {
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

_Noreturn void inmate_attack(unsigned index, const struct inmate_prey *prey)
{
    char answer = attacks[index].comes_through(prey) ? ESCAPED : REFUSED;

    _exit(write(1, &answer, 1) == 1 ? 0 : 1);
}

/* ---- the judge ---- */

struct scene {
    char dir[64], path[96];
    int file_fd;
    struct stat before;
    struct inmate_prey prey;
};

static void victim_main(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    for (;;)
        pause();
}

static void scene_make(struct scene *s)
{
    int fd;

    snprintf(s->dir, sizeof(s->dir), "/tmp/pyro-inmate-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->path, sizeof(s->path), "%s/image", s->dir);
    fd = open(s->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    assert_int_equal(write(fd, CONTENT, strlen(CONTENT)), strlen(CONTENT));
    close(fd);
    s->file_fd = open(s->path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(fstat(s->file_fd, &s->before), 0);
    s->prey.file_fd = s->file_fd;
    s->prey.victim = fork();
    if (s->prey.victim == 0)
        victim_main();
}

static void scene_remove(struct scene *s)
{
    kill(s->prey.victim, SIGKILL);
    waitpid(s->prey.victim, NULL, 0);
    close(s->file_fd);
    unlink(s->path);
    rmdir(s->dir);
}

/* What became of the prey; NULL: nothing. */
static const char *harm_done(const struct scene *s)
{
    char content[64] = "", names[64];
    struct stat now;

    if (waitpid(s->prey.victim, NULL, WNOHANG) != 0)
        return "the victim is dead";
    if (fstat(s->file_fd, &now) != 0 || now.st_nlink != s->before.st_nlink)
        return "the file has another name";
    if (now.st_size != s->before.st_size ||
        pread(s->file_fd, content, sizeof(content) - 1, 0) != now.st_size ||
        strcmp(content, CONTENT) != 0)
        return "the file has changed";
    if (now.st_mode != s->before.st_mode || flistxattr(s->file_fd, names, sizeof(names)) > 0)
        return "the file's mode or attributes have changed";
    if (memcmp(&now.st_mtim, &s->before.st_mtim, sizeof(now.st_mtim)) != 0)
        return "the file's times have changed";
    return NULL;
}

static bool is_harmless(const struct inmate_jail *jail, const char *name)
{
    for (const char *const *h = jail->harmless; h && *h; h++)
        if (!strcmp(*h, name))
            return true;
    return false;
}

/* One attack; what speaks against the jail, or NULL. */
static const char *try_attack(const struct inmate_jail *jail, const struct scene *s, unsigned index)
{
    struct pollfd p = { .events = POLLIN };
    int ends[2], status = 0;
    char answer = '\0';
    pid_t pid = 0;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    if (!jail->start(index, &s->prey, s->path, ends[1], &pid)) {
        close(ends[0]), close(ends[1]);
        return "the jail did not start";
    }
    close(ends[1]);
    p.fd = ends[0];
    if (poll(&p, 1, PATIENCE_MS) <= 0 || read(ends[0], &answer, 1) < 0)
        answer = '\0';
    close(ends[0]);
    if (!answer)
        kill(pid, SIGKILL); /* if it has not been killed for its attempt */
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (harm_done(s))
        return harm_done(s);
    if (answer == ESCAPED && !is_harmless(jail, attacks[index].name))
        return "was let through";
    if (!answer && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS))
        return "there was no answer";
    return NULL;
}

bool inmate_check(const struct inmate_jail *jail, struct buf *ret)
{
    struct scene s;

    scene_make(&s);
    for (unsigned i = 0; i < ARRAY_SIZE(attacks); i++) {
        const char *why = try_attack(jail, &s, i);
        if (!why)
            continue;
        assert_true(buf_printf(ret, "%s, uid %u: %s: %s\n", jail->name, (unsigned)geteuid(),
                               attacks[i].name, why));
        scene_remove(&s);
        scene_make(&s);
    }
    scene_remove(&s);
    return ret->len == 0;
}

static bool check_as_user(const struct inmate_jail *jail)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        scoped_buf escapes = BUF_INIT(65536);
        if (setresgid(USER, USER, USER) != 0 || setresuid(USER, USER, USER) != 0)
            _exit(2);
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* as after an exec: else /proc/self is root's */
        if (inmate_check(jail, &escapes))
            _exit(0);
        fprintf(stderr, "%s", escapes.data);
        _exit(1);
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void inmate_assert_held(const struct inmate_jail *jail)
{
    scoped_buf escapes = BUF_INIT(65536);
    bool held = inmate_check(jail, &escapes);

    if (!held)
        print_error("%s", escapes.data);
    if (geteuid() == 0)
        held = check_as_user(jail) && held;
    assert_true(held);
}
