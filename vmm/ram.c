/*
 * vmm/ram.c: loading, checking, sealing and sharing a template's RAM.
 *
 * The digest goes over the pages that are not all zeros, each with its number, so it does not
 * depend on where a file system keeps holes.
 */
#include "vmm/ram.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <xxhash.h>

#include "vmm/base/fs.h"

#define PAGE 4096U
#define CHUNK (1024 * 1024)
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define NAME_PREFIX "pyro-ram-"

struct digest {
    XXH3_state_t *state;
};

static void digest_release(struct digest *d)
{
    XXH3_freeState(d->state);
}
#define scoped_digest __attribute__((cleanup(digest_release))) struct digest

static bool digest_start(struct digest *d, uint64_t size_bytes, struct pyro_error *err)
{
    uint8_t size[8];

    d->state = XXH3_createState();
    if (!d->state || XXH3_128bits_reset(d->state) != XXH_OK)
        return pyro_fail(err, PYRO_NO_MEMORY, "out of memory");
    put_u64(size, size_bytes);
    XXH3_128bits_update(d->state, size, sizeof(size));
    return true;
}

static void digest_page(struct digest *d, uint64_t number, const uint8_t *page)
{
    uint8_t at[8];

    put_u64(at, number);
    XXH3_128bits_update(d->state, at, sizeof(at));
    XXH3_128bits_update(d->state, page, PAGE);
}

static void digest_end(const struct digest *d, char *ret_hex)
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(d->state));
    hex_encode(canonical.digest, sizeof(canonical.digest), ret_hex);
}

static bool is_zero_page(const uint8_t *page)
{
    uint64_t first;

    memcpy(&first, page, sizeof(first));
    return first == 0 && memcmp(page, page + 8, PAGE - 8) == 0;
}

int ram_create(const char *key, uint64_t size_bytes, struct pyro_error *err)
{
    scoped_free char *name = str_printf(NAME_PREFIX "%s", key);
    scoped_close int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

    BUG_ON(size_bytes % PAGE);
    if (fd < 0 || ftruncate(fd, (off_t)size_bytes) != 0) {
        pyro_fail_errno(err, "memory for a VM");
        return -1;
    }
    return take_fd(&fd);
}

/* Calls fn for every stretch of data between holes, page-aligned. */
static bool each_extent(int fd, uint64_t size_bytes,
                        bool (*fn)(void *arg, uint64_t offset, uint64_t length,
                                   struct pyro_error *err),
                        void *arg, struct pyro_error *err)
{
    uint64_t at = 0;

    while (at < size_bytes) {
        off_t data = lseek(fd, (off_t)at, SEEK_DATA), hole;
        if (data < 0 && errno == ENXIO)
            return true;
        hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
        if (data < 0 || hole < 0)
            return pyro_fail_errno(err, "read the memory of a template");
        data -= data % (off_t)PAGE;
        hole = (hole + (off_t)PAGE - 1) / (off_t)PAGE * (off_t)PAGE;
        if ((uint64_t)hole > size_bytes)
            hole = (off_t)size_bytes;
        if (!fn(arg, (uint64_t)data, (uint64_t)(hole - data), err))
            return false;
        at = (uint64_t)hole;
    }
    return true;
}

/* What is done with the pages of an extent: read from one file, digested, written to another. */
struct copy {
    int from, to; /* `to` -1: digest only */
    bool punch;   /* pages of zeros become holes in `from` */
    struct digest digest;
    uint8_t *chunk;
};

static bool punch(int fd, uint64_t offset, uint64_t length)
{
    return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
                     (off_t)length) == 0;
}

/* A disk that fills up takes a part first: only the next write says ENOSPC. */
static bool write_all(int fd, const uint8_t *bytes, size_t n, uint64_t offset)
{
    while (n) {
        ssize_t done = pwrite(fd, bytes, n, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        bytes += done;
        offset += (uint64_t)done;
        n -= (size_t)done;
    }
    return true;
}

/* Writes the runs of pages that hold something. */
static bool copy_chunk(struct copy *c, uint64_t offset, size_t length, struct pyro_error *err)
{
    size_t at = 0;

    while (at < length) {
        size_t start = at;
        bool zero = is_zero_page(c->chunk + at);
        while (at < length && is_zero_page(c->chunk + at) == zero) {
            if (!zero)
                digest_page(&c->digest, (offset + at) / PAGE, c->chunk + at);
            at += PAGE;
        }
        if (zero && c->punch && !punch(c->from, offset + start, at - start))
            return pyro_fail_errno(err, "shrink the memory of a template");
        if (!zero && c->to >= 0 && !write_all(c->to, c->chunk + start, at - start, offset + start))
            return pyro_fail_errno(err, "write the memory of a template");
    }
    return true;
}

static bool copy_extent(void *arg, uint64_t offset, uint64_t length, struct pyro_error *err)
{
    struct copy *c = arg;

    while (length) {
        size_t want = length < CHUNK ? (size_t)length : CHUNK, done = 0;
        while (done < want) {
            ssize_t n = pread(c->from, c->chunk + done, want - done, (off_t)(offset + done));
            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0)
                return pyro_fail_errno(err, "read the memory of a template");
            if (n == 0)
                return pyro_fail(err, PYRO_RECORD_INVALID, "the memory of a template is truncated");
            done += (size_t)n;
        }
        if (!copy_chunk(c, offset, want, err))
            return false;
        offset += want;
        length -= want;
    }
    return true;
}

/* Copies (to >= 0) and digests; ret_hex gets the digest. */
static bool copy_ram(int from, int to, bool punch_zeros, uint64_t size_bytes, char *ret_hex,
                     struct pyro_error *err)
{
    scoped_free uint8_t *chunk = malloc(CHUNK);
    scoped_digest digest = { 0 };
    struct copy c = { .from = from, .to = to, .punch = punch_zeros, .chunk = chunk };

    if (!chunk)
        return pyro_fail(err, PYRO_NO_MEMORY, "out of memory");
    if (!digest_start(&digest, size_bytes, err))
        return false;
    c.digest = digest;
    if (!each_extent(from, size_bytes, copy_extent, &c, err))
        return false;
    digest_end(&digest, ret_hex);
    return true;
}

bool ram_save(int ram_fd, int file_fd, struct ram_identity *identity, struct pyro_error *err)
{
    if (ftruncate(file_fd, (off_t)identity->size_bytes) != 0)
        return pyro_fail_errno(err, "write the memory of a template");
    return copy_ram(ram_fd, file_fd, true, identity->size_bytes, identity->digest, err);
}

bool ram_seal(int ram_fd, struct pyro_error *err)
{
    if (fcntl(ram_fd, F_ADD_SEALS, SEALS) != 0)
        return pyro_fail_errno(err, "seal the memory of a template");
    return true;
}

int ram_load(int file_fd, const struct ram_identity *identity, struct pyro_error *err)
{
    scoped_close int fd = -1;
    char digest[RAM_DIGEST_HEX + 1];
    struct stat st;

    if (fstat(file_fd, &st) != 0 || (uint64_t)st.st_size != identity->size_bytes) {
        pyro_fail(err, PYRO_RECORD_INVALID, "the memory of a template has the wrong size");
        return -1;
    }
    fd = ram_create(identity->key, identity->size_bytes, err);
    if (fd < 0 || !copy_ram(file_fd, fd, false, identity->size_bytes, digest, err))
        return -1;
    if (strcmp(digest, identity->digest) != 0) {
        pyro_fail(err, PYRO_RECORD_INVALID, "the memory of a template fails its check");
        return -1;
    }
    return ram_seal(fd, err) ? take_fd(&fd) : -1;
}

/* Whether the descriptor is a memfd of this size that nobody can change any more. */
static bool is_sealed(int fd, uint64_t size_bytes)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);

    return seals >= 0 && (seals & SEALS) == SEALS && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
           (!size_bytes || (uint64_t)st.st_size == size_bytes);
}

/* Looks through the open files of a process (its /proc directory) for the memfd; key NULL: of any
 * template. */
static int find_in_process(int proc_dirfd, const char *key, uint64_t size_bytes)
{
    static const char prefix[] = "/memfd:" NAME_PREFIX;
    scoped_free char *wanted = key ? str_printf("%s%s (deleted)", prefix, key) : NULL;
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
        if (wanted ? strcmp(name, wanted) != 0 : strncmp(name, prefix, strlen(prefix)) != 0)
            continue;
        fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd >= 0 && is_sealed(fd, size_bytes))
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

int ram_find_holder(const char *key, uint64_t size_bytes)
{
    scoped_dir DIR *proc = opendir("/proc");
    const struct dirent *entry;
    struct stat own_exe;
    pid_t self = getpid();

    if (!proc || stat("/proc/self/exe", &own_exe) != 0)
        return -1;
    while ((entry = readdir(proc)) != NULL) {
        scoped_close int fd = -1;
        int found;
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
            strtol(entry->d_name, NULL, 10) == self)
            continue;
        fd = openat(dirfd(proc), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || !is_own_kind(fd, &own_exe))
            continue;
        found = find_in_process(fd, key, size_bytes);
        if (found >= 0)
            return found;
    }
    return -1;
}

int ram_take_from(pid_t pid, const struct ram_identity *identity)
{
    scoped_free char *path = str_printf("/proc/%d", (int)pid);
    scoped_close int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_close int fd = dir < 0 ? -1 : find_in_process(dir, identity->key, identity->size_bytes);
    char digest[RAM_DIGEST_HEX + 1];
    struct pyro_error ignored;

    if (fd < 0 || !copy_ram(fd, -1, false, identity->size_bytes, digest, &ignored) ||
        strcmp(digest, identity->digest) != 0)
        return -1;
    return take_fd(&fd);
}

int ram_hold_from(pid_t pid)
{
    scoped_free char *path = str_printf("/proc/%d", (int)pid);
    scoped_close int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat own_exe;

    if (dir < 0 || stat("/proc/self/exe", &own_exe) != 0 || !is_own_kind(dir, &own_exe))
        return -1;
    return find_in_process(dir, NULL, 0);
}
