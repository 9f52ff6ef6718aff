/* vmm/base/fs.c: files that are whole or absent, locks, trees; clocks and random bytes. */
#include "vmm/base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_EAGER_MS 1000 /* this long a lock is tried every millisecond, then … */
#define LOCK_REST_MS 20    /* … at this interval */
#define SEAL_WAIT_MS 10000
#define TEMPORARY ".tmp-" /* behind the file's name, and before TEMPORARY_DIGITS */
#define TEMPORARY_DIGITS 16
#define LOCKS_BYTES_MAX (1 << 20)

bool fs_mkdir_p(const char *path, mode_t mode, struct pyro_error *err)
{
    scoped_free char *copy = strdup(path);
    struct stat st;

    if (!copy)
        return pyro_fail(err, PYRO_NO_MEMORY, "create '%s': out of memory", path);
    for (char *p = copy + 1;; p++) {
        char was = *p;
        if (was != '/' && was != '\0')
            continue;
        *p = '\0';
        if (mkdir(copy, mode) != 0 && errno != EEXIST)
            return pyro_fail_errno(err, "create directory '%s'", copy);
        *p = was;
        if (!was)
            break;
    }
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return true;
    errno = ENOTDIR;
    return pyro_fail_errno(err, "create directory '%s'", path);
}

int fs_open_dir(int dirfd, const char *path, struct pyro_error *err)
{
    int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        pyro_fail_errno(err, "open directory '%s'", path);
    return fd;
}

bool fs_read_file(int dirfd, const char *path, struct buf *ret, struct pyro_error *err)
{
    scoped_close int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "open '%s'", path);
    if (S_ISDIR(st.st_mode))
        return pyro_fail(err, PYRO_IO, "read '%s': is a directory", path);
    if (fs_read_fd(fd, ret))
        return true;
    if (errno == EFBIG)
        return pyro_fail(err, PYRO_RECORD_INVALID, "'%s' is over the limit of %zu bytes", path,
                         ret->max);
    return pyro_fail_errno(err, "read '%s'", path);
}

bool fs_read_fd(int fd, struct buf *ret)
{
    char chunk[16384];

    for (;;) {
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (!buf_append(ret, chunk, (size_t)n)) {
            errno = (size_t)n > ret->max - ret->len ? EFBIG : ENOMEM;
            return false;
        }
        if (n == 0)
            return true;
    }
}

/* `at` negative: at the descriptor's own offset. */
static bool write_all(int fd, const char *bytes, size_t n, off_t at)
{
    size_t put = 0;

    while (put < n) {
        ssize_t done = at < 0 ? write(fd, bytes + put, n - put)
                              : pwrite(fd, bytes + put, n - put, at + (off_t)put);
        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0)
            errno = EIO;
        if (done <= 0)
            return false;
        put += (size_t)done;
    }
    return true;
}

bool fs_write_all(int fd, const void *bytes, size_t n, struct pyro_error *err)
{
    return write_all(fd, bytes, n, -1) || pyro_fail_errno(err, "write");
}

bool fs_pwrite_all(int fd, const void *bytes, size_t n, off_t at)
{
    return write_all(fd, bytes, n, at);
}

bool fs_write_setting(int dirfd, const char *path, const char *text)
{
    scoped_close int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
    size_t n = strlen(text);

    return fd >= 0 && write(fd, text, n) == (ssize_t)n;
}

/* `at` negative: from the descriptor's own offset. */
static ssize_t read_full(int fd, char *bytes, size_t n, off_t at)
{
    size_t got = 0;

    while (got < n) {
        ssize_t done = at < 0 ? read(fd, bytes + got, n - got)
                              : pread(fd, bytes + got, n - got, at + (off_t)got);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        if (done == 0)
            break;
        got += (size_t)done;
    }
    return (ssize_t)got;
}

ssize_t fs_read_full(int fd, void *bytes, size_t n)
{
    return read_full(fd, bytes, n, -1);
}

ssize_t fs_pread_full(int fd, void *bytes, size_t n, off_t at)
{
    return read_full(fd, bytes, n, at);
}

/* The file that takes another one's place. */
struct replacement {
    int dirfd;
    const char *name;
    const void *bytes;
    size_t n;
    mode_t mode;
    bool sync;
};

static bool write_temporary(const struct replacement *r, const char *temporary,
                            struct pyro_error *err)
{
    scoped_close int fd =
        openat(r->dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, r->mode);

    if (fd < 0)
        return pyro_fail_errno(err, "create");
    if (!fs_write_all(fd, r->bytes, r->n, err))
        return false;
    if (r->sync && fsync(fd) != 0)
        return pyro_fail_errno(err, "sync");
    return true;
}

static bool replace(const struct replacement *r, struct pyro_error *err)
{
    char temporary[300], unique[TEMPORARY_DIGITS + 1];
    uint64_t id;

    random_bytes(&id, sizeof(id));
    hex_encode(&id, sizeof(id), unique);
    if (snprintf(temporary, sizeof(temporary), "%s" TEMPORARY "%s", r->name, unique) >=
        (int)sizeof(temporary))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "write '%s': name too long", r->name);
    if (!write_temporary(r, temporary, err)) {
        unlinkat(r->dirfd, temporary, 0);
        return pyro_wrap(err, "write '%s'", r->name);
    }
    if (renameat(r->dirfd, temporary, r->dirfd, r->name) != 0) {
        pyro_fail_errno(err, "write '%s': rename", r->name);
        unlinkat(r->dirfd, temporary, 0);
        return false;
    }
    if (r->sync) {
        scoped_close int dir = openat(r->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (r->dirfd != AT_FDCWD && (dir < 0 || fsync(dir) != 0))
            return pyro_fail_errno(err, "write '%s': sync directory", r->name);
    }
    return true;
}

bool fs_write_atomic(int dirfd, const char *name, const void *bytes, size_t n, mode_t mode,
                     struct pyro_error *err)
{
    return replace(&(struct replacement){ dirfd, name, bytes, n, mode, true }, err);
}

bool fs_replace(int dirfd, const char *name, const void *bytes, size_t n, mode_t mode,
                struct pyro_error *err)
{
    return replace(&(struct replacement){ dirfd, name, bytes, n, mode, false }, err);
}

static bool is_temporary(const char *name)
{
    size_t n = strlen(name), tail = strlen(TEMPORARY) + TEMPORARY_DIGITS;

    return n > tail && !strncmp(name + n - tail, TEMPORARY, strlen(TEMPORARY)) &&
           strspn(name + n - TEMPORARY_DIGITS, "0123456789abcdef") == TEMPORARY_DIGITS;
}

void fs_sweep_temporaries(int at_fd, const char *path)
{
    scoped_close int fd = openat(at_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    scoped_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (!dir)
        return;
    fd = -1; /* the DIR's now */
    while ((entry = readdir(dir)) != NULL)
        if (is_temporary(entry->d_name))
            unlinkat(dirfd(dir), entry->d_name, 0);
}

#define REMOVE_TRIES 16

static bool remove_children(int dirfd, const char *name, struct pyro_error *err)
{
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    scoped_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (!dir)
        return errno == ENOENT || pyro_fail_errno(err, "open directory '%s'", name);
    (void)!fchmod(fd, 0700); /* the content of an unwritable one must go as well */
    while ((entry = readdir(dir))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (!fs_remove_tree(fd, entry->d_name, err))
            return false;
    }
    return true;
}

bool fs_remove_tree(int dirfd, const char *name, struct pyro_error *err)
{
    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
        return true;
    if (errno != EISDIR && errno != EPERM)
        return pyro_fail_errno(err, "remove '%s'", name);
    /* Another process may remove it as well, or have made a file in it: a lock, to wait for us. */
    for (int i = 0; i < REMOVE_TRIES; i++) {
        if (!remove_children(dirfd, name, err))
            return false;
        if (unlinkat(dirfd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
            return true;
        if (errno != ENOTEMPTY)
            break;
    }
    return pyro_fail_errno(err, "remove '%s'", name);
}

void fs_discard_tree(int dirfd, const char *name)
{
    struct pyro_error ignored;

    if (!fs_remove_tree(dirfd, name, &ignored))
        return;
}

/* The name still refers to the file we locked: its holder may have removed it before unlocking. */
static bool still_named(int dirfd, const char *name, int fd)
{
    struct stat by_name, by_fd;

    return fstatat(dirfd, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 && fstat(fd, &by_fd) == 0 &&
           by_name.st_ino == by_fd.st_ino && by_name.st_dev == by_fd.st_dev;
}

/* Tries and sleeps: flock(2) itself waits without a limit, and there is no event for a lock's
 * release. Most are held for milliseconds. */
bool fs_lock_fd(int fd, int kind, int64_t deadline_ms)
{
    int64_t start_ms = clock_ms(), now_ms;

    while (flock(fd, kind | LOCK_NB) != 0) {
        struct timespec rest = { .tv_nsec = 1000 * 1000 };
        if (errno == EINTR)
            continue;
        now_ms = clock_ms();
        if (errno != EWOULDBLOCK || now_ms >= deadline_ms)
            return false;
        if (now_ms - start_ms > LOCK_EAGER_MS)
            rest.tv_nsec *= LOCK_REST_MS;
        nanosleep(&rest, NULL);
        errno = EWOULDBLOCK;
    }
    return true;
}

/* The process that took the lock of this file, by /proc/locks; 0 when unknown. */
static long lock_holder(int fd)
{
    scoped_buf text = BUF_INIT(LOCKS_BYTES_MAX);
    char *rest, *line;
    struct stat st;

    if (fstat(fd, &st) != 0 || !fs_read_file(AT_FDCWD, "/proc/locks", &text, NULL))
        return 0;
    rest = text.data;
    while (rest && (line = strsep(&rest, "\n"))) {
        unsigned long inode;
        long pid;
        if (sscanf(line, "%*s FLOCK %*s %*s %ld %*x:%*x:%lu", &pid, &inode) == 2 &&
            inode == st.st_ino && pid > 0)
            return pid;
    }
    return 0;
}

static void tell_holder(const char *name, int fd, bool waited, struct pyro_error *err)
{
    long pid = waited ? lock_holder(fd) : 0;

    if (pid)
        pyro_fail(err, PYRO_WORKSPACE_BUSY, "'%s' is held by process %ld", name, pid);
    else
        pyro_fail(err, PYRO_WORKSPACE_BUSY, "'%s' is held by another process", name);
    errno = EWOULDBLOCK;
}

int fs_lock(int dirfd, const char *name, int64_t deadline_ms, struct pyro_error *err)
{
    for (;;) {
        scoped_close int fd = openat(dirfd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

        if (fd < 0) {
            pyro_fail_errno(err, "open lock '%s'", name);
            return -1;
        }
        if (!fs_lock_fd(fd, LOCK_EX, deadline_ms)) {
            if (errno == EWOULDBLOCK)
                tell_holder(name, fd, deadline_ms > FS_LOCK_NOW, err);
            else
                pyro_fail_errno(err, "lock '%s'", name);
            return -1;
        }
        if (still_named(dirfd, name, fd))
            return take_fd(&fd);
    }
}

bool fs_seal(int memfd)
{
    const struct timespec rest = { .tv_nsec = 10 * 1000 * 1000 };
    int64_t deadline_ms = clock_ms() + SEAL_WAIT_MS;

    while (fcntl(memfd, F_ADD_SEALS, FS_SEALS) != 0) {
        if (errno != EBUSY || clock_ms() >= deadline_ms)
            return false;
        nanosleep(&rest, NULL);
    }
    return true;
}

int64_t clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

double clock_wall(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void random_bytes(void *ret, size_t n)
{
    char *p = ret;

    while (n) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0)
            continue;
        p += got;
        n -= (size_t)got;
    }
}

void hex_encode(const void *bytes, size_t n, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = bytes;

    for (size_t i = 0; i < n; i++) {
        ret[2 * i] = digits[p[i] >> 4];
        ret[2 * i + 1] = digits[p[i] & 15];
    }
    ret[2 * n] = '\0';
}

char *str_printf(const char *fmt, ...)
{
    char *s = NULL;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&s, fmt, ap);
    va_end(ap);
    BUG_ON(n < 0);
    return s;
}

bool str_ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);

    return n > m && !strcmp(s + n - m, end);
}

bool bytes_are_zero(const char *bytes, size_t n)
{
    return n == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0);
}
