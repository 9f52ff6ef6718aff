/*
 * guest/root.c: mounts.
 *
 * The initramfs holds this program and the modules only. Its /proc, /sys, /dev and /run are
 * mounted at start and move along when the disk becomes the root. The initramfs stays mounted
 * underneath: it is ours, some megabytes, and the modules in it may be needed later.
 */
#include "guest/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest/module.h"
#include "guest/uevent.h"
#include "guest/warm.h"
#include "vmm/base/fs.h"

#define DISK "/dev/vda"
#define NEW_ROOT "/newroot"
#define DISK_WAIT_MS 5000
#define METADATA_BYTES (8u << 20)

static const struct {
    const char *type, *at, *options;
    unsigned long flags;
    mode_t mode;
} system_mounts[] = {
    { "proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, 0555 },
    { "sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, 0555 },
    { "devtmpfs", "/dev", "mode=0755", MS_NOSUID, 0755 },
    { "devpts", "/dev/pts", "gid=5,mode=0620,ptmxmode=0666", MS_NOSUID | MS_NOEXEC, 0755 },
    { "tmpfs", "/dev/shm", "mode=1777", MS_NOSUID | MS_NODEV, 01777 },
    { "cgroup2", "/sys/fs/cgroup", "nsdelegate", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0555 },
    { "tmpfs", "/run", "mode=0755,size=20%", MS_NOSUID | MS_NODEV, 0755 },
    { "tmpfs", "/run/lock", "mode=1777,size=5m", MS_NOSUID | MS_NODEV | MS_NOEXEC, 01777 },
};

/* The mounts that move to a new root; mounts below them go along. */
static const char *const moving[] = { "/proc", "/sys", "/dev", "/run" };

void root_mount_system(void)
{
    static const char *const links[][2] = { { "/proc/self/fd", "/dev/fd" },
                                            { "/proc/self/fd/0", "/dev/stdin" },
                                            { "/proc/self/fd/1", "/dev/stdout" },
                                            { "/proc/self/fd/2", "/dev/stderr" } };

    umask(0);
    for (size_t i = 0; i < ARRAY_SIZE(system_mounts); i++) {
        mkdir(system_mounts[i].at, system_mounts[i].mode);
        if (mount(system_mounts[i].type, system_mounts[i].at, system_mounts[i].type,
                  system_mounts[i].flags, system_mounts[i].options) != 0 &&
            errno != EBUSY)
            guest_log("mount %s: errno %d", system_mounts[i].at, errno);
    }
    for (size_t i = 0; i < ARRAY_SIZE(links); i++)
        if (symlink(links[i][0], links[i][1]) != 0 && errno != EEXIST)
            guest_log("link %s: errno %d", links[i][1], errno);
    umask(022);
}

static bool root_disk_is_there(void *arg UNUSED)
{
    return access(DISK, F_OK) == 0;
}

/* Makes the disk's driver know its disk, whose content may have changed by the time it is
 * mounted. */
static bool find_disk(struct pyro_error *err)
{
    if (root_disk_is_there(NULL))
        return true;
    if (!module_load("virtio_blk", err))
        return false;
    return uevent_wait(root_disk_is_there, NULL, DISK_WAIT_MS) ||
           pyro_fail(err, PYRO_GUEST_ERROR, "there is no disk " DISK);
}

/* Drops the blocks of the disk read so far: the kernel looked for partitions. */
static void forget_disk(void)
{
    scoped_close int fd = open(DISK, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || ioctl(fd, BLKFLSBUF, 0) != 0)
        guest_log("%s: errno %d", DISK, errno);
}

/* The directory that a path leads to in the new root, whose links mean that root; made if it is
 * missing. */
static int open_in_new_root(int root_fd, const char *path)
{
    struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                            .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
    long fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

    if (fd < 0 && errno == ENOENT && mkdirat(root_fd, path, 0755) == 0)
        fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
    return (int)fd;
}

/* Makes the file system at NEW_ROOT the root of this process and of all later ones. */
static bool switch_root(struct pyro_error *err)
{
    scoped_close int root_fd = open(NEW_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);

    for (size_t i = 0; i < ARRAY_SIZE(moving); i++) {
        scoped_close int to = open_in_new_root(root_fd, moving[i] + 1);
        scoped_close int from = open(moving[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (to < 0 || from < 0 ||
            move_mount(from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
            return pyro_fail_errno(err, "move %s to the disk", moving[i]);
    }
    if (chdir(NEW_ROOT) != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 ||
        chdir("/") != 0)
        return pyro_fail_errno(err, "make the disk the root");
    return true;
}

bool root_mount_disk(struct guest *g, bool writable, struct pyro_error *err)
{
    if (g->root_on_disk)
        return true;
    if (!find_disk(err))
        return false;
    forget_disk();
    mkdir(NEW_ROOT, 0755);
    /* Plain "ro", never "noload": the remount would then run ext4 without its journal. */
    if (mount(DISK, NEW_ROOT, "ext4", writable ? 0 : MS_RDONLY, NULL) != 0)
        return pyro_fail_errno(err, "mount " DISK);
    if (!switch_root(err))
        return false;
    g->root_on_disk = true;
    return true;
}

bool root_make_writable(struct pyro_error *err)
{
    struct statvfs st;

    if (statvfs("/", &st) == 0 && !(st.f_flag & ST_RDONLY))
        return true; /* `begin` comes again; the kernel would note another remount */
    if (mount(NULL, "/", NULL, MS_REMOUNT, NULL) != 0)
        return pyro_fail_errno(err, "make the root writable");
    return true;
}

bool root_get_mode(const json_t *request, bool *ret_mounted, struct pyro_error *err)
{
    const char *mode;

    if (!json_get_string(request, "root", &mode, err))
        return false;
    *ret_mounted = strcmp(mode, "mounted") == 0;
    if (!*ret_mounted && strcmp(mode, "later") != 0)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'root' is neither 'mounted' nor 'later'");
    return true;
}

/* The file system's descriptors and its first bitmaps, which the first new file needs. */
static void warm_metadata(void)
{
    static char chunk[256 * 1024];
    scoped_close int fd = open(DISK, O_RDONLY | O_CLOEXEC);

    for (size_t done = 0; fd >= 0 && done < METADATA_BYTES; done += sizeof(chunk))
        if (read(fd, chunk, sizeof(chunk)) <= 0)
            return;
}

bool root_op_prepare(struct guest *g, const json_t *request, json_t **ret UNUSED,
                     struct pyro_error *err)
{
    bool mounted;

    if (!root_get_mode(request, &mounted, err))
        return false;
    if (!mounted)
        return !json_bool_or(request, "disk", false) || find_disk(err);
    if (!root_mount_disk(g, false, err))
        return false;
    warm_metadata();
    warm(json_object_get(request, "warm"));
    return true;
}

/* Whether a mount point is one of those that the running system needs. */
static bool is_ours(const char *at)
{
    for (size_t i = 0; i < ARRAY_SIZE(moving); i++) {
        size_t n = strlen(moving[i]);
        if (strncmp(at, moving[i], n) == 0 && (at[n] == '\0' || at[n] == '/'))
            return true;
    }
    return strcmp(at, "/") == 0;
}

/* Unmounts every foreign mount, the newest first; a mount table that changes meanwhile costs only
 * another pass. */
static void unmount_foreign(void)
{
    scoped_buf text = BUF_INIT(1024 * 1024);
    char *end;

    if (!fs_read_file(AT_FDCWD, "/proc/self/mountinfo", &text, NULL) || !text.data)
        return;
    end = text.data + text.len;
    while (end > text.data) {
        char *line, *at = NULL, *rest;
        *--end = '\0';
        line = strrchr(text.data, '\n');
        line = line ? line + 1 : text.data;
        rest = line;
        for (int field = 0; field < 5 && rest; field++) /* the fifth is the mount point */
            at = strsep(&rest, " ");
        if (at && !is_ours(at))
            umount2(at, UMOUNT_NOFOLLOW);
        end = line;
    }
}

void root_release(void)
{
    scoped_close int trigger = -1;

    unmount_foreign();
    if (mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0)
        return;
    /* Something still holds a file open for writing: the kernel's own emergency remount. */
    trigger = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
    if (trigger < 0 || write(trigger, "u", 1) != 1)
        guest_log("the root could not be made read-only: errno %d", errno);
    sync();
}
