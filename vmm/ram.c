/*
 * vmm/ram.c: loading, checking, sealing and sharing a template's RAM.
 */
#include "vmm/ram.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "vmm/base/fs.h"
#include "vmm/ram_copy.h"

/* Followed by the digest of the content. Older versions have memfds "pyro-ram-KEY": whatever they
 * hold, they must not be found. */
#define NAME_PREFIX "pyro-memory-"
#define UPPER_PREFIX "pyro-upper-"
#define LINK_PREFIX "/memfd:"

static int create(const char *name, uint64_t size_bytes, struct pyro_error *err)
{
    scoped_close int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    BUG_ON(size_bytes % RAM_PAGE_BYTES);
    if (fd < 0 || ftruncate(fd, (off_t)size_bytes) != 0) {
        pyro_fail_errno(err, "memory for a VM");
        return -1;
    }
    return take_fd(&fd);
}

int ram_create(uint64_t size_bytes, struct pyro_error *err)
{
    return create("pyro-boot", size_bytes, err);
}

bool ram_save(int ram_fd, int file_fd, struct ram_identity *identity, struct pyro_error *err)
{
    if (ftruncate(file_fd, (off_t)identity->size_bytes) != 0)
        return pyro_fail_errno(err, "write a machine's memory");
    return ram_copy(ram_fd, file_fd, true, identity->size_bytes, identity->digest, err);
}

bool ram_seal(int ram_fd, struct pyro_error *err)
{
    return fs_seal(ram_fd) || pyro_fail_errno(err, "seal a machine's memory");
}

int ram_load(int file_fd, const struct ram_identity *identity, struct pyro_error *err)
{
    scoped_free char *name = str_printf(NAME_PREFIX "%s", identity->digest);
    scoped_close int fd = -1;
    char digest[RAM_DIGEST_HEX + 1];
    struct stat st;

    if (fstat(file_fd, &st) != 0 || (uint64_t)st.st_size != identity->size_bytes) {
        pyro_fail(err, PYRO_RECORD_INVALID, "a machine's memory has the wrong size");
        return -1;
    }
    fd = create(name, identity->size_bytes, err);
    if (fd < 0 || !ram_copy(file_fd, fd, false, identity->size_bytes, digest, err))
        return -1;
    if (strcmp(digest, identity->digest) != 0) {
        pyro_fail(err, PYRO_RECORD_INVALID, "a machine's memory fails its check");
        return -1;
    }
    return ram_seal(fd, err) ? take_fd(&fd) : -1;
}

/* Whether the descriptor is a memfd of this size that can no longer be changed. */
static bool is_sealed(int fd, uint64_t size_bytes)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);

    return seals >= 0 && (seals & FS_SEALS) == FS_SEALS && fstat(fd, &st) == 0 &&
           S_ISREG(st.st_mode) && (!size_bytes || (uint64_t)st.st_size == size_bytes);
}

/* A memfd that is looked for. */
struct wanted {
    char link[96];       /* what /proc/PID/fd says of it, or how that begins */
    uint64_t size_bytes; /* 0: any */
};

/* identity NULL: of any template. */
static struct wanted wanted_ram(const struct ram_identity *identity)
{
    struct wanted w = { .link = LINK_PREFIX NAME_PREFIX };

    if (identity) {
        w.size_bytes = identity->size_bytes;
        snprintf(w.link, sizeof(w.link), LINK_PREFIX NAME_PREFIX "%s (deleted)", identity->digest);
    }
    return w;
}

/* Looks through the open files of a process (its /proc directory) for the memfd. */
static int find_in_process(int proc_dirfd, const struct wanted *w)
{
    scoped_close int fds_fd = openat(proc_dirfd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_dir DIR *dir = NULL;
    const struct dirent *entry;
    char name[128];

    if (fds_fd < 0 || !(dir = fdopendir(fds_fd)))
        return -1;
    fds_fd = -1; /* the DIR's now */
    while ((entry = readdir(dir)) != NULL) {
        ssize_t n = readlinkat(dirfd(dir), entry->d_name, name, sizeof(name) - 1);
        scoped_close int fd = -1;
        if (n <= 0)
            continue;
        name[n] = '\0';
        if (strncmp(name, w->link, strlen(w->link)) != 0)
            continue;
        fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd >= 0 && is_sealed(fd, w->size_bytes))
            return take_fd(&fd);
    }
    return -1;
}

/* Whether a process is of this user and runs this very program. */
static bool is_own_kind(int proc_dirfd, const struct stat *own_exe)
{
    struct stat st, exe;

    return fstat(proc_dirfd, &st) == 0 && st.st_uid == geteuid() &&
           fstatat(proc_dirfd, "exe", &exe, 0) == 0 && exe.st_dev == own_exe->st_dev &&
           exe.st_ino == own_exe->st_ino;
}

/* With `self`, this process is looked at too. */
static int find_holder(const struct wanted *w, bool self)
{
    scoped_dir DIR *proc = opendir("/proc");
    const struct dirent *entry;
    struct stat own_exe;
    pid_t other_than = self ? 0 : getpid();

    if (!proc || stat("/proc/self/exe", &own_exe) != 0)
        return -1;
    while ((entry = readdir(proc)) != NULL) {
        scoped_close int fd = -1;
        int found;
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
            strtol(entry->d_name, NULL, 10) == other_than)
            continue;
        fd = openat(dirfd(proc), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || !is_own_kind(fd, &own_exe))
            continue;
        found = find_in_process(fd, w);
        if (found >= 0)
            return found;
    }
    return -1;
}

int ram_find_holder(const struct ram_identity *identity)
{
    const struct wanted w = wanted_ram(identity);

    return find_holder(&w, false);
}

int ram_create_upper(char ret_name[RAM_UPPER_HEX + 1])
{
    uint8_t number[RAM_UPPER_HEX / 2];
    char name[64];

    random_bytes(number, sizeof(number));
    hex_encode(number, sizeof(number), ret_name);
    snprintf(name, sizeof(name), UPPER_PREFIX "%s", ret_name);
    return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

static struct wanted wanted_upper(const char *name, uint64_t size_bytes)
{
    struct wanted w = { .size_bytes = size_bytes };

    snprintf(w.link, sizeof(w.link), LINK_PREFIX UPPER_PREFIX "%.32s (deleted)", name);
    return w;
}

int ram_find_upper(const char *name, uint64_t size_bytes)
{
    const struct wanted w = wanted_upper(name, size_bytes);

    return find_holder(&w, true);
}

static int open_process(pid_t pid)
{
    scoped_free char *path = str_printf("/proc/%d", (int)pid);

    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int ram_take_upper(pid_t pid, const char *name, uint64_t size_bytes)
{
    const struct wanted w = wanted_upper(name, size_bytes);
    scoped_close int dir = open_process(pid);

    return dir < 0 ? -1 : find_in_process(dir, &w);
}

int ram_take_from(pid_t pid, const struct ram_identity *identity)
{
    scoped_close int dir = open_process(pid);
    const struct wanted w = wanted_ram(identity);
    scoped_close int fd = dir < 0 ? -1 : find_in_process(dir, &w);
    char digest[RAM_DIGEST_HEX + 1];
    struct pyro_error ignored;

    if (fd < 0 || !ram_copy(fd, -1, false, identity->size_bytes, digest, &ignored) ||
        strcmp(digest, identity->digest) != 0)
        return -1;
    return take_fd(&fd);
}

int ram_hold_from(pid_t pid)
{
    scoped_close int dir = open_process(pid);
    const struct wanted any = wanted_ram(NULL);
    struct stat own_exe;

    if (dir < 0 || stat("/proc/self/exe", &own_exe) != 0 || !is_own_kind(dir, &own_exe))
        return -1;
    return find_in_process(dir, &any);
}
