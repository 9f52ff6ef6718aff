/*
 * vmm/base/tree_write.c: from a stream to files.
 *
 * Every path is opened again from the root by openat2(2), except for the directory of the entry
 * before: a stream goes through a directory in one piece, so that one is kept open.
 */
#include "vmm/base/tree_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/fs.h"

#define PARENT_MODE 0755 /* of directories without an entry of their own */
#define OWNER_RWX 0700   /* what a directory needs while it is being filled */

struct writer {
    const struct tree_write *w;
    struct tree_input *in;
    struct tree_counts counts;
    int rootfd;      /* -1 until the root is there */
    bool root_ended; /* the root was not a directory: nothing may follow */
    int parent_fd;   /* of the last entry; -1: none */
    size_t parent_length;
    char *parent; /* its path */
    char temporary[32];
};

/* The slash between the root's label and a path. */
static const char *separator(const struct tree_entry *e)
{
    return *e->path ? "/" : "";
}

static bool fail_errno(const struct writer *k, const struct tree_entry *e, struct pyro_error *err)
{
    if (errno == ELOOP)
        return pyro_fail(err, PYRO_CONTENT_REFUSED,
                         "'%s%s%s': a symbolic link is in its way, and links are not followed",
                         k->w->label, separator(e), e->path);
    return pyro_fail_errno(err, "'%s%s%s'", k->w->label, separator(e), e->path);
}

static void *fail(const struct writer *k, const struct tree_entry *e, const char *why,
                  struct pyro_error *err)
{
    return pyro_fail(err, PYRO_CONTENT_REFUSED, "'%s%s%s' %s", k->w->label, separator(e), e->path,
                     why);
}

/* --- where an entry goes --- */

/* The directory that an entry goes into, and its name there. -1 with *err. */
static int open_parent(struct writer *k, const struct tree_entry *e, const char **ret_name,
                       struct pyro_error *err)
{
    const char *slash = strrchr(e->path, '/');
    size_t length = slash ? (size_t)(slash - e->path) : 0;
    int fd;

    *ret_name = slash ? slash + 1 : e->path;
    if (!slash)
        return k->rootfd;
    if (k->parent_fd >= 0 && length == k->parent_length && !memcmp(k->parent, e->path, length))
        return k->parent_fd;
    fd = beneath_open_parent(k->rootfd, e->path, k->w->replace ? PARENT_MODE : 0, ret_name);
    if (fd < 0) {
        fail_errno(k, e, err);
        return -1;
    }
    if (k->parent_fd >= 0)
        close(k->parent_fd);
    k->parent_fd = fd;
    k->parent_length = length;
    memcpy(k->parent, e->path, length);
    return fd;
}

/*
 * The name an entry is written under: its own if free, else a temporary one. NULL with *err when a
 * directory has that name.
 */
static const char *free_name(struct writer *k, const struct tree_entry *e, int dirfd,
                             const char *name, struct pyro_error *err)
{
    struct stat st;

    if (!k->w->replace || fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return name;
    if (S_ISDIR(st.st_mode))
        return fail(k, e, "is a directory there, and only a directory can take its place", err);
    unlinkat(dirfd, k->temporary, 0);
    return k->temporary;
}

/*
 * Moves a file written under a temporary name into place, atomically. By an exchange where that is
 * possible: ext4 takes a rename over a file as a request to write its content to disk now, and for
 * thousands of files that takes long.
 */
static bool move_into_place(struct writer *k, const struct tree_entry *e, int dirfd,
                            const char *written, const char *name, struct pyro_error *err)
{
    int error;

    if (written == name)
        return true;
    if (renameat2(dirfd, written, dirfd, name, RENAME_EXCHANGE) == 0) {
        if (unlinkat(dirfd, written, 0) == 0)
            return true;
        error = errno; /* a directory, made just now */
        renameat2(dirfd, written, dirfd, name, RENAME_EXCHANGE);
    } else {
        if (renameat(dirfd, written, dirfd, name) == 0) {
            if (e->type == TREE_HARD_LINK) /* rename(2) of two names of one file does nothing */
                unlinkat(dirfd, written, 0);
            return true;
        }
        error = errno;
    }
    unlinkat(dirfd, written, 0);
    errno = error;
    return fail_errno(k, e, err);
}

/* --- files --- */

static bool check_cost(const struct writer *k, const struct tree_entry *e, struct pyro_error *err)
{
    return !k->w->max_bytes || tree_cost(&k->counts) <= k->w->max_bytes ||
           fail(k, e, "would exceed the size limit", err);
}

static bool write_content(struct writer *k, const struct tree_entry *e, int fd,
                          struct pyro_error *err)
{
    uint64_t offset, at = 0;
    const void *bytes;
    size_t n;

    for (;;) {
        if (!tree_next_data(k->in, &offset, &bytes, &n, err))
            return false;
        if (n == 0)
            break;
        if (!tree_count_data(&k->counts, offset, n, err) || !check_cost(k, e, err))
            return false;
        if (offset != at && lseek(fd, (off_t)offset, SEEK_SET) < 0)
            return fail_errno(k, e, err);
        if (!fs_write_all(fd, bytes, n, err))
            return pyro_wrap(err, "'%s%s%s'", k->w->label, separator(e), e->path);
        at = offset + n;
    }
    return at == e->size || ftruncate(fd, (off_t)e->size) == 0 || fail_errno(k, e, err);
}

static bool fill_file(struct writer *k, const struct tree_entry *e, int fd, uint32_t mode,
                      struct pyro_error *err)
{
    const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
                                       { (time_t)e->mtime, (long)e->mtime_ns } };

    if (!write_content(k, e, fd, err))
        return false;
    /* A write clears set-id bits. */
    if ((mode & 07000) && fchmod(fd, mode) != 0)
        return fail_errno(k, e, err);
    return futimens(fd, times) == 0 || fail_errno(k, e, err);
}

/* Before set-id bits are, which this would clear. */
static bool hand_over(const struct writer *k, int dirfd, const char *name)
{
    const struct stat *o = k->w->owner;

    return !o || fchownat(dirfd, name, o->st_uid, o->st_gid, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool write_file(struct writer *k, const struct tree_entry *e, int dirfd, const char *name,
                       struct pyro_error *err)
{
    uint32_t mode = e->mode & k->w->mode_mask;
    const char *written = name;
    /* Most do not exist: saves the lookup. */
    scoped_close int fd =
        openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 0777);

    if (fd < 0 && errno == EEXIST && k->w->replace) {
        written = free_name(k, e, dirfd, name, err);
        if (!written)
            return false;
        fd = openat(dirfd, written, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    mode & 0777);
    }
    if (fd < 0)
        return fail_errno(k, e, err);
    if (!(hand_over(k, dirfd, written) || fail_errno(k, e, err)) ||
        !fill_file(k, e, fd, mode, err)) {
        if (written != name)
            unlinkat(dirfd, written, 0);
        return false;
    }
    return move_into_place(k, e, dirfd, written, name, err);
}

/* --- the rest --- */

static bool write_symlink(struct writer *k, const struct tree_entry *e, int dirfd, const char *name,
                          struct pyro_error *err)
{
    const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
                                       { (time_t)e->mtime, (long)e->mtime_ns } };
    const char *written = free_name(k, e, dirfd, name, err);

    if (!written)
        return false;
    if (symlinkat(e->target, dirfd, written) != 0 || !hand_over(k, dirfd, written) ||
        utimensat(dirfd, written, times, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno(k, e, err);
    return move_into_place(k, e, dirfd, written, name, err);
}

static bool write_hard_link(struct writer *k, const struct tree_entry *e, int dirfd,
                            const char *name, struct pyro_error *err)
{
    const char *first_name, *written = free_name(k, e, dirfd, name, err);
    scoped_close int first =
        written ? beneath_open_parent(k->rootfd, e->target, 0, &first_name) : -1;

    if (!written)
        return false;
    if (first < 0 || linkat(first, first_name, dirfd, written, 0) != 0)
        return pyro_fail_errno(err, "'%s/%s', a hard link to '%s'", k->w->label, e->path,
                               e->target);
    return move_into_place(k, e, dirfd, written, name, err);
}

/* Makes an existing one writable for its owner until it is ended. */
static void open_up(int dirfd, const char *name, const struct stat *st)
{
    scoped_close int fd =
        openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd >= 0)
        (void)!fchmod(fd, (st->st_mode & 07777) | OWNER_RWX);
}

static bool make_directory(struct writer *k, const struct tree_entry *e, int dirfd,
                           const char *name, struct pyro_error *err)
{
    struct stat st;

    if (mkdirat(dirfd, name, (e->mode & k->w->mode_mask & 0777) | OWNER_RWX) == 0)
        return hand_over(k, dirfd, name) || fail_errno(k, e, err);
    if (errno != EEXIST || !k->w->replace)
        return fail_errno(k, e, err);
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno(k, e, err);
    if (!S_ISDIR(st.st_mode))
        return fail(k, e, "is there already, and is not replaced by a directory", err);
    if ((st.st_mode & OWNER_RWX) != OWNER_RWX)
        open_up(dirfd, name, &st);
    return true;
}

static bool end_directory(struct writer *k, const struct tree_entry *e, struct pyro_error *err)
{
    const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT },
                                       { (time_t)e->mtime, (long)e->mtime_ns } };
    scoped_close int fd = beneath_open(k->rootfd, e->path, O_RDONLY | O_DIRECTORY, 0);

    if (fd < 0 || fchmod(fd, e->mode & k->w->mode_mask) != 0 || futimens(fd, times) != 0)
        return fail_errno(k, e, err);
    return true;
}

/* The entry of the root itself. */
static bool write_root(struct writer *k, const struct tree_entry *e, struct pyro_error *err)
{
    if (!k->w->name) /* it exists, and stays as it is */
        return e->type == TREE_DIRECTORY || e->type == TREE_DIRECTORY_END ||
               fail(k, e, "is not a directory in the stream", err);
    if (e->type == TREE_DIRECTORY_END)
        return (k->rootfd >= 0 || fail(k, e, "ends before it begins", err)) &&
               end_directory(k, e, err);
    if (k->rootfd >= 0 || k->root_ended)
        return fail(k, e, "comes twice", err);
    if (k->w->ret_root)
        *k->w->ret_root = e->type;
    if (e->type == TREE_DIRECTORY) {
        if (!make_directory(k, e, k->w->dirfd, k->w->name, err))
            return false;
        k->rootfd =
            openat(k->w->dirfd, k->w->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        return k->rootfd >= 0 || fail_errno(k, e, err);
    }
    k->root_ended = true;
    return e->type == TREE_FILE ? write_file(k, e, k->w->dirfd, k->w->name, err)
                                : write_symlink(k, e, k->w->dirfd, k->w->name, err);
}

static bool write_below(struct writer *k, const struct tree_entry *e, struct pyro_error *err)
{
    const char *name;
    int dirfd;

    if (k->rootfd < 0)
        return fail(k, e, "comes before the directory it is in", err);
    if (e->type == TREE_DIRECTORY_END)
        return end_directory(k, e, err);
    dirfd = open_parent(k, e, &name, err);
    if (dirfd < 0)
        return false;
    switch (e->type) {
    case TREE_DIRECTORY:
        return make_directory(k, e, dirfd, name, err);
    case TREE_FILE:
        return write_file(k, e, dirfd, name, err);
    case TREE_SYMLINK:
        return write_symlink(k, e, dirfd, name, err);
    default:
        return write_hard_link(k, e, dirfd, name, err);
    }
}

static bool count(struct writer *k, const struct tree_entry *e, struct pyro_error *err)
{
    if (!tree_count_entry(&k->counts, e, err) || !check_cost(k, e, err))
        return false;
    if (k->w->max_entries && k->counts.entries > k->w->max_entries)
        return fail(k, e, "exceeds the limit of entries", err);
    return !k->w->progress || k->w->progress(k->w->arg, &k->counts, err);
}

static bool write_all(struct writer *k, struct pyro_error *err)
{
    struct tree_entry e;

    for (;;) {
        if (!tree_next(k->in, &e, err))
            return false;
        if (e.type == TREE_DONE)
            return k->rootfd >= 0 || k->root_ended ||
                   pyro_fail(err, PYRO_GUEST_PROTOCOL, "the stream of files is empty");
        if (!count(k, &e, err) || !(*e.path ? write_below(k, &e, err) : write_root(k, &e, err)))
            return false;
    }
}

bool tree_write(const struct tree_write *w, struct tree_input *in, struct tree_counts *ret,
                struct pyro_error *err)
{
    struct writer k = { .w = w,
                        .in = in,
                        .rootfd = w->name ? -1 : w->dirfd,
                        .parent_fd = -1,
                        .parent = malloc(BENEATH_PATH_MAX) };
    bool ok;

    snprintf(k.temporary, sizeof(k.temporary), ".pyro-new-%d", (int)getpid());
    ok = (k.parent || pyro_no_memory(err, NULL)) && write_all(&k, err);
    if (k.parent_fd >= 0)
        close(k.parent_fd);
    if (w->name && k.rootfd >= 0)
        close(k.rootfd);
    free(k.parent);
    if (ok)
        *ret = k.counts;
    return ok;
}
