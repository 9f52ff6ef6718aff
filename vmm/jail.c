/*
 * vmm/jail.c: the steps between fork and exec of QEMU.
 *
 * The namespaces come with the clone(2) itself; when the host refuses them, the next smaller set is
 * tried. All else runs in the child (before_exec), where a step that fails leaves things as they
 * were. The child reports what is in force through a page it shares with its parent. Nothing here
 * may depend on the child's memory being its own: only plain system calls.
 */
#include "vmm/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/capability.h>
#include <linux/securebits.h>

#include "vmm/base/confine.h"
#include "vmm/base/fs.h"
#include "vmm/jail_calls.h"

#define WEAK_JAIL "PYRO_ALLOW_WEAK_JAIL"
#define NEW_ROOT "/tmp" /* covered by the new root in the child's mount namespace only */
#define OPEN_FILES_MAX 1024
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET)
#define PROBE_TIMEOUT_MS 10000

struct shared {
    bool entered; /* the child runs: clone(2) was allowed */
    unsigned steps;
};

struct inmate {
    const struct jail *jail;
    int flags;
    bool die_with_parent;
    uid_t outer_uid;
    gid_t outer_gid;
    bool kvm_group; /* keep the group that /dev/kvm belongs to */
    bool stay_root; /* /dev/kvm opens for root only: root without any capability */
    bool allow_weak;
    gid_t kvm_gid;
    struct shared *shared;
};

/* The one id that exists in the new user namespace is nobody's, and maps to the user outside. */
static bool map_ids(const struct inmate *in)
{
    char map[64];

    (void)!fs_write_setting(AT_FDCWD, "/proc/self/setgroups", "deny");
    snprintf(map, sizeof(map), "%d %u 1", CONFINE_NOBODY, in->outer_gid);
    if (!fs_write_setting(AT_FDCWD, "/proc/self/gid_map", map))
        return false;
    snprintf(map, sizeof(map), "%d %u 1", CONFINE_NOBODY, in->outer_uid);
    return fs_write_setting(AT_FDCWD, "/proc/self/uid_map", map);
}

/* Binds `path` of the old root, and the mounts below it, at the same place in the new. */
static bool bind_path(const char *path, bool directory, unsigned long attributes)
{
    struct mount_attr attr = { .attr_set = attributes };
    char at[64];
    int fd;

    snprintf(at, sizeof(at), NEW_ROOT "%s", path);
    if (directory) {
        if (mkdir(at, 0755) != 0)
            return false;
    } else {
        fd = open(at, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0)
            return false;
        close(fd);
    }
    return mount(path, at, NULL, MS_BIND | MS_REC, NULL) == 0 &&
           mount_setattr(AT_FDCWD, at, AT_RECURSIVE, &attr, sizeof(attr)) == 0;
}

/* /lib, /lib64 and their kin: links into /usr on most systems. */
static bool bind_library_dir(const char *path)
{
    char at[64], target[64];
    ssize_t n = readlink(path, target, sizeof(target) - 1);

    if (n < 0 && errno == EINVAL)
        return bind_path(path, true, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    if (n < 0)
        return errno == ENOENT;
    target[n] = '\0';
    snprintf(at, sizeof(at), NEW_ROOT "%s", path);
    return symlink(target, at) == 0;
}

static bool populate_root(const struct inmate *in)
{
    static const char *const library_dirs[] = { "/lib", "/lib64", "/lib32", "/libx32" };
    const unsigned long plain = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    const unsigned long device = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;

    if (!bind_path("/usr", true, plain))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(library_dirs); i++)
        if (!bind_library_dir(library_dirs[i]))
            return false;
    if (mkdir(NEW_ROOT "/etc", 0755) != 0 || mkdir(NEW_ROOT "/dev", 0755) != 0 ||
        mkdir(NEW_ROOT "/proc", 0755) != 0)
        return false;
    if (access("/etc/ld.so.cache", R_OK) == 0 && !bind_path("/etc/ld.so.cache", false, plain))
        return false;
    /* It sees only its own directory of /proc: that is where mem-path=/proc/self/fd/N leads. */
    return bind_path("/dev/null", false, device) && bind_path("/proc/self", true, plain) &&
           (in->jail->accel != ACCEL_KVM || bind_path("/dev/kvm", false, device));
}

/* Leaves the host's file system; on failure nothing has changed. */
static bool change_root(const struct inmate *in)
{
    struct mount_attr attr = { .attr_set =
                                   MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };

    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", NEW_ROOT, "tmpfs", MS_NOSUID, "size=64k,nr_inodes=64,mode=755") != 0)
        return false;
    if (!populate_root(in) || chdir(NEW_ROOT) != 0 || syscall(SYS_pivot_root, ".", ".") != 0) {
        umount2(NEW_ROOT, MNT_DETACH);
        return false;
    }
    return umount2(".", MNT_DETACH) == 0 && chdir("/") == 0 &&
           mount_setattr(AT_FDCWD, "/", 0, &attr, sizeof(attr)) == 0;
}

/*
 * A descriptor of the file through a read-only mount that is attached nowhere. By its path, in this
 * mount namespace: a descriptor from outside belongs to a mount of the other namespace, which
 * cannot be copied. -1 where the host does not allow it, or the file has been replaced.
 */
static int open_read_only(const struct jail_read_only *file)
{
    struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
                                           MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC };
    scoped_close int mount_fd =
        open_tree(AT_FDCWD, file->path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
    scoped_close int fd = -1;
    char path[40];
    struct stat st;

    if (mount_fd < 0 || mount_setattr(mount_fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) != 0 ||
        fstat(mount_fd, &st) != 0 || !S_ISREG(st.st_mode))
        return -1;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", mount_fd);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_dev != file->device || st.st_ino != file->inode)
        return -1;
    return take_fd(&fd);
}

/* Whether all of them lead through read-only mounts now. */
static bool exchange_read_only(const struct jail *jail)
{
    bool all = true;

    for (unsigned i = 0; i < jail->read_only_count; i++) {
        scoped_close int fd = open_read_only(&jail->read_only[i]);
        if (fd < 0 || dup2(fd, jail->read_only[i].fd) < 0)
            all = false;
    }
    return all;
}

/* Whether their modes let this user write none of them: then the filter keeps it that way. */
static bool modes_forbid_writing(const struct inmate *in)
{
    for (unsigned i = 0; i < in->jail->read_only_count; i++) {
        struct stat st;
        if (fstat(in->jail->read_only[i].fd, &st) != 0 ||
            (st.st_mode & (st.st_uid == in->outer_uid ? 0222 : 022)))
            return false;
    }
    return true;
}

static bool set_limits(const struct jail *jail)
{
    return confine_limit(RLIMIT_CORE, 0) && confine_limit(RLIMIT_NOFILE, OPEN_FILES_MAX) &&
           confine_limit(RLIMIT_MSGQUEUE, 0) &&
           (!jail->file_size_max || confine_limit(RLIMIT_FSIZE, jail->file_size_max)) &&
           (!jail->memory_max || confine_limit(RLIMIT_AS, jail->memory_max));
}

/* Drops every capability, for good: exec does not give them back even to uid 0. */
static bool drop_capabilities(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[2] = { { 0 } };

    if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED, 0, 0, 0) != 0)
        return false;
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
            return false;
    return syscall(SYS_capset, &header, none) == 0;
}

/* Whether the program will run with no more rights than an ordinary user. */
static bool drop_privileges(const struct inmate *in)
{
    if ((in->flags & CLONE_NEWUSER) || in->outer_uid != 0)
        return in->outer_uid != 0;
    if (in->stay_root) {
        drop_capabilities();
        return false;
    }
    return confine_become_nobody(&in->kvm_gid, in->kvm_group ? 1 : 0);
}

/* Allows writing only to the devices that it has. */
static bool confine_to_devices(const struct inmate *in)
{
    const uint64_t writing = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;
    scoped_close int null = open("/dev/null", O_PATH | O_CLOEXEC);
    scoped_close int kvm = in->jail->accel == ACCEL_KVM ? open("/dev/kvm", O_PATH | O_CLOEXEC) : -1;
    const struct confine_exception devices[] = { { null, writing }, { kvm, writing } };

    return null >= 0 && confine_files(CONFINE_WRITING, devices, kvm >= 0 ? 2 : 1);
}

/* Whether the files that must not be written are out of the inmate's reach. */
static bool keeps_files(const struct inmate *in, unsigned steps)
{
    bool somebody_else = in->outer_uid == 0 && (steps & JAIL_UNPRIVILEGED);

    return somebody_else || (steps & JAIL_READ_ONLY_MOUNTS) ||
           ((steps & JAIL_CALL_FILTER) && modes_forbid_writing(in));
}

static bool refuse_weak(struct pyro_error *err)
{
    pyro_fail(err, PYRO_PERMISSION,
              "this host allows neither read-only mounts nor a system call filter around QEMU: a "
              "hostile guest could change the images that other workspaces use");
    return pyro_hint(err, "allow unprivileged user namespaces, or set " WEAK_JAIL
                          "=1 to run without them");
}

/* The steps that need the rights, and the view of files, that later steps give up. */
static unsigned enter_namespaces(const struct inmate *in)
{
    unsigned steps = 0;

    if (in->flags & CLONE_NEWPID)
        steps |= JAIL_PID_NAMESPACE;
    if (in->flags & CLONE_NEWIPC)
        steps |= JAIL_IPC_NAMESPACE;
    if (in->flags & CLONE_NEWNET)
        steps |= JAIL_NET_NAMESPACE;
    if ((in->flags & CLONE_NEWUSER) && map_ids(in)) /* first: files can only be made by ids */
        steps |= JAIL_USER_NAMESPACE;
    if ((in->flags & CLONE_NEWNS) && exchange_read_only(in->jail))
        steps |= JAIL_READ_ONLY_MOUNTS;
    if ((in->flags & CLONE_NEWNS) && change_root(in))
        steps |= JAIL_MOUNT_NAMESPACE;
    return steps;
}

/* Runs in the child. Steps that failed are missing from the report; fails only when that leaves too
 * little in force. */
static bool jail_before_exec(void *arg, struct pyro_error *err)
{
    const struct inmate *in = arg;
    unsigned steps;

    in->shared->entered = true;
    steps = enter_namespaces(in);
    if (set_limits(in->jail))
        steps |= JAIL_LIMITS;
    if (drop_privileges(in))
        steps |= JAIL_UNPRIVILEGED;
    if (in->die_with_parent)
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of user took it away */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        steps |= JAIL_NO_NEW_PRIVS;
    if (confine_to_devices(in))
        steps |= JAIL_LANDLOCK;
    if (jail_filter_calls())
        steps |= JAIL_CALL_FILTER;
    in->shared->steps = steps;
    return in->allow_weak || keeps_files(in, steps) || refuse_weak(err);
}

static bool is_weak_allowed(void)
{
    const char *value = getenv(WEAK_JAIL);

    return value && strcmp(value, "1") == 0;
}

/* The rights root must keep so that QEMU can open /dev/kvm. */
static void look_at_kvm(struct inmate *in)
{
    struct stat st;

    if (in->jail->accel != ACCEL_KVM || stat("/dev/kvm", &st) != 0 || (st.st_mode & 06) == 06)
        return;
    in->kvm_group = (st.st_mode & 060) == 060 && st.st_gid != 0;
    in->kvm_gid = st.st_gid;
    in->stay_root = !in->kvm_group;
}

static bool start_with(struct inmate *in, const struct proc_spec *spec, pid_t *ret_pid,
                       struct pyro_error *err)
{
    struct proc_spec jailed = *spec;

    in->shared->entered = false;
    in->shared->steps = 0;
    jailed.clone_flags = in->flags;
    jailed.before_exec = jail_before_exec;
    jailed.arg = in;
    return proc_start(&jailed, ret_pid, err);
}

bool jail_start(const struct jail *jail, const struct proc_spec *spec, pid_t *ret_pid,
                unsigned *ret_steps, struct pyro_error *err)
{
    static const int as_root[] = { NAMESPACES, NAMESPACES | CLONE_NEWUSER, 0 };
    static const int as_user[] = { NAMESPACES | CLONE_NEWUSER,
                                   (NAMESPACES & ~CLONE_NEWNET) | CLONE_NEWUSER, 0 };
    const int *attempts = geteuid() == 0 ? as_root : as_user;
    struct inmate in = { .jail = jail,
                         .die_with_parent = spec->die_with_parent,
                         .outer_uid = geteuid(),
                         .outer_gid = getegid(),
                         .allow_weak = is_weak_allowed() };
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool ok = false;

    if (shared == MAP_FAILED)
        return pyro_fail_errno(err, "memory for the jail");
    in.shared = shared;
    look_at_kvm(&in);
    for (int i = 0; i < 3 && !ok; i++) {
        in.flags = attempts[i];
        ok = start_with(&in, spec, ret_pid, err);
        if (!ok && shared->entered)
            break; /* the namespaces are not to blame */
    }
    if (ok)
        *ret_steps = shared->steps | JAIL_SECCOMP;
    munmap(shared, sizeof(*shared));
    return ok;
}

const char *jail_describe(unsigned steps)
{
    static const struct {
        unsigned step;
        const char *name;
    } names[] = { { JAIL_SECCOMP, "seccomp" },
                  { JAIL_UNPRIVILEGED, "unprivileged user" },
                  { JAIL_MOUNT_NAMESPACE, "own root" },
                  { JAIL_PID_NAMESPACE, "own pids" },
                  { JAIL_IPC_NAMESPACE, "own ipc" },
                  { JAIL_NET_NAMESPACE, "no network" },
                  { JAIL_NO_NEW_PRIVS, "no new privileges" },
                  { JAIL_LIMITS, "limits" },
                  { JAIL_READ_ONLY_MOUNTS, "read-only mounts" },
                  { JAIL_CALL_FILTER, "call filter" },
                  { JAIL_LANDLOCK, "landlock" } };
    static char text[256];
    const char *separator = "";

    text[0] = '\0';
    for (int present = 1; present >= 0; present--) {
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
            size_t n = strlen(text);
            if (!!(steps & names[i].step) != present)
                continue;
            snprintf(text + n, sizeof(text) - n, "%s%s", separator, names[i].name);
            separator = ", ";
        }
        separator = "; missing: ";
    }
    return text;
}

bool jail_probe(unsigned *ret_steps, struct pyro_error *err)
{
    static const char *const argv[] = { "/usr/bin/true", NULL };
    scoped_close int fd = open(argv[0], O_RDONLY | O_CLOEXEC);
    struct jail_read_only file = { .path = argv[0], .fd = 3 };
    const struct jail jail = { .accel = ACCEL_TCG, .read_only = &file, .read_only_count = 1 };
    struct proc_spec spec = proc_spec_of(argv);
    struct stat st;
    unsigned steps;
    int status;
    pid_t pid;

    if (fd < 0 || fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "open '%s'", argv[0]);
    file.device = st.st_dev;
    file.inode = st.st_ino;
    spec.fds[spec.fd_count].from = fd;
    spec.fds[spec.fd_count++].to = file.fd;
    if (!jail_start(&jail, &spec, &pid, &steps, err) ||
        !proc_wait(pid, clock_ms() + PROBE_TIMEOUT_MS, &status, err))
        return false;
    if (status != 0)
        return pyro_fail(err, PYRO_INTERNAL, "nothing runs in the jail (status %d)", status);
    *ret_steps = steps;
    return true;
}
