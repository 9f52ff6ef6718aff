/*
 * vmm/base/tree_walk.c: from files to a stream.
 *
 * Directories wait on a stack of paths, each twice: to be entered, and below all that it holds, to
 * be ended. A directory's files are sent while it is open; its subdirectories are only noted.
 */
#include "vmm/base/tree_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory that is still to be entered, or ended. */
struct pending {
    struct pending *next;
    struct tree_entry end; /* its DIRECTORY_END, once it was entered; type 0 before */
    char path[];
};

/* Where the first name of a file with several names was put. */
struct first_name {
    dev_t dev;
    ino_t ino;
    char *path;
};

struct walker {
    const struct tree_walk *w;
    struct tree_counts counts;
    struct pending *pending;
    struct first_name *names; /* open addressing; path NULL: free */
    size_t names_size, names_count;
    char *path; /* of the entry at hand: BENEATH_PATH_MAX + 1 bytes */
    int rootfd;
};

/* Fails, naming the entry at hand. */
static bool fail_errno(const struct walker *k, struct pyro_error *err)
{
    return pyro_fail_errno(err, "'%s%s%s'", k->w->label, *k->path ? "/" : "", k->path);
}

static bool fail(const struct walker *k, const char *why, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_CONTENT_REFUSED, "'%s%s%s' %s", k->w->label, *k->path ? "/" : "",
                     k->path, why);
}

/* --- hard links --- */

static struct first_name *find_name(const struct walker *k, dev_t dev, ino_t ino)
{
    size_t i = (size_t)(ino * 0x9e3779b97f4a7c15u ^ dev) & (k->names_size - 1);

    while (k->names[i].path && (k->names[i].ino != ino || k->names[i].dev != dev))
        i = (i + 1) & (k->names_size - 1);
    return &k->names[i];
}

static bool grow_names(struct walker *k)
{
    struct first_name *old = k->names;
    size_t old_size = k->names_size, size = old_size ? 2 * old_size : 256;
    struct first_name *fresh = calloc(size, sizeof(*fresh));

    if (!fresh)
        return false;
    k->names = fresh;
    k->names_size = size;
    for (size_t i = 0; i < old_size; i++)
        if (old[i].path)
            *find_name(k, old[i].dev, old[i].ino) = old[i];
    free(old);
    return true;
}

/* The path that a file with several names was sent under, or NULL after noting this one. */
static bool first_name(struct walker *k, const struct stat *st, const char **ret,
                       struct pyro_error *err)
{
    struct first_name *n;

    *ret = NULL;
    if (st->st_nlink < 2)
        return true;
    if (2 * k->names_count >= k->names_size && !grow_names(k))
        return pyro_no_memory(err, NULL);
    n = find_name(k, st->st_dev, st->st_ino);
    *ret = n->path;
    if (n->path)
        return true;
    *n = (struct first_name){ st->st_dev, st->st_ino, strdup(k->path) };
    k->names_count++;
    return n->path || pyro_no_memory(err, NULL);
}

/* --- one entry --- */

static struct tree_entry entry_of(const struct walker *k, enum tree_type type,
                                  const struct stat *st)
{
    return (struct tree_entry){ .type = type,
                                .mode = st->st_mode & 07777,
                                .mtime = st->st_mtim.tv_sec,
                                .mtime_ns = (uint32_t)st->st_mtim.tv_nsec,
                                .path = k->path,
                                .target = "" };
}

/* An entry without content is complete: it is counted, and put into the stream if there is one. */
static bool put(struct walker *k, const struct tree_entry *e, struct pyro_error *err)
{
    if (!tree_count_entry(&k->counts, e, err))
        return false;
    if (k->w->progress && !k->w->progress(k->w->arg, &k->counts, err))
        return false;
    return !k->w->out || tree_put_entry(k->w->out, e, err);
}

/* Sends n bytes from the descriptor's position on. */
static bool put_bytes(struct walker *k, int fd, uint64_t n, struct pyro_error *err)
{
    while (n) {
        size_t room;
        uint8_t *at = tree_data_room(k->w->out, &room, err);
        ssize_t got;
        if (!at)
            return false;
        do
            got = read(fd, at, room < n ? room : (size_t)n);
        while (got < 0 && errno == EINTR);
        if (got < 0)
            return fail_errno(k, err);
        if (got == 0)
            return fail(k, "shrank while it was read", err);
        tree_data_added(k->w->out, (size_t)got);
        n -= (uint64_t)got;
    }
    return true;
}

/* A stretch of a file that has data. */
struct stretch {
    off_t begin, end;
};

/* The next one from `at` on, where the descriptor is then; empty, at the file's end, if there is
 * none. */
static bool next_data(const struct walker *k, int fd, off_t at, off_t size, struct stretch *ret,
                      struct pyro_error *err)
{
    struct stretch s = { .begin = lseek(fd, at, SEEK_DATA), .end = size };

    if (s.begin < 0) /* … or a file system that cannot tell */
        s.begin = errno == ENXIO ? size : at;
    if (s.begin > size)
        s.begin = size;
    if (s.begin < size)
        s.end = lseek(fd, s.begin, SEEK_HOLE);
    if (s.end < 0 || s.end > size)
        s.end = size;
    *ret = s;
    return lseek(fd, s.begin, SEEK_SET) >= 0 || fail_errno(k, err);
}

static bool put_content(struct walker *k, int fd, const struct stat *st, struct pyro_error *err)
{
    bool sparse = st->st_blocks * 512 < st->st_size;

    for (off_t at = 0; at < st->st_size;) {
        struct stretch data = { .begin = 0, .end = st->st_size };
        uint64_t n;
        if (sparse && !next_data(k, fd, at, st->st_size, &data, err))
            return false;
        n = (uint64_t)(data.end - data.begin);
        if (!tree_put_extent(k->w->out, (uint64_t)(data.begin - at), n, err) ||
            !put_bytes(k, fd, n, err) || !tree_count_data(&k->counts, (uint64_t)data.begin, n, err))
            return false;
        at = data.end;
    }
    return true;
}

static bool send_file(struct walker *k, int dirfd, const char *name, struct stat *st,
                      struct pyro_error *err)
{
    struct tree_entry e;
    scoped_close int fd =
        openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, st) != 0)
        return fail_errno(k, err);
    if (!S_ISREG(st->st_mode))
        return fail(k, "was replaced while it was read", err);
    e = entry_of(k, TREE_FILE, st);
    e.size = (uint64_t)st->st_size;
    return put(k, &e, err) && put_content(k, fd, st, err);
}

static bool look_at_file(struct walker *k, int dirfd, const char *name, const struct stat *st,
                         struct pyro_error *err)
{
    struct tree_entry e = entry_of(k, TREE_FILE, st);
    uint64_t blocks = (uint64_t)st->st_blocks * 512;

    if (faccessat(dirfd, name, R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno(k, err);
    e.size = (uint64_t)st->st_size;
    /* Its holes are not looked for. */
    return put(k, &e, err) &&
           tree_count_data(&k->counts, 0, blocks < e.size ? blocks : e.size, err);
}

static bool visit_file(struct walker *k, int dirfd, const char *name, struct stat *st,
                       struct pyro_error *err)
{
    const char *first;

    if (!first_name(k, st, &first, err))
        return false;
    if (first) {
        struct tree_entry e = entry_of(k, TREE_HARD_LINK, st);
        e.target = first;
        return put(k, &e, err);
    }
    return k->w->out ? send_file(k, dirfd, name, st, err) : look_at_file(k, dirfd, name, st, err);
}

static bool visit_symlink(struct walker *k, int dirfd, const char *name, const struct stat *st,
                          struct pyro_error *err)
{
    struct tree_entry e = entry_of(k, TREE_SYMLINK, st);
    char target[TREE_TARGET_MAX_BYTES + 2];
    ssize_t n = readlinkat(dirfd, name, target, sizeof(target) - 1);
    const char *first;

    if (n < 0)
        return fail_errno(k, err);
    if (n == 0 || n > TREE_TARGET_MAX_BYTES)
        return fail(k, "is a symbolic link whose target cannot be kept", err);
    target[n] = '\0';
    e.target = target;
    if (!first_name(k, st, &first, err))
        return false;
    if (first) {
        e.type = TREE_HARD_LINK;
        e.target = first;
    }
    return put(k, &e, err);
}

static bool push(struct walker *k, const char *path, struct pyro_error *err)
{
    size_t n = strlen(path) + 1;
    struct pending *p = malloc(sizeof(*p) + n);

    if (!p)
        return pyro_no_memory(err, NULL);
    p->end = (struct tree_entry){ 0 };
    memcpy(p->path, path, n);
    p->next = k->pending;
    k->pending = p;
    return true;
}

/* --- directories --- */

void tree_skipped_release(struct tree_skipped *s)
{
    json_decref(s->paths);
    *s = (struct tree_skipped){ 0 };
}

static bool pass_over(struct walker *k, const char *why, struct pyro_error *err)
{
    struct tree_skipped *s = k->w->skipped;
    size_t n = strlen(k->path);

    if (!s || !n)
        return fail(k, why, err);
    s->count++;
    if (n > TREE_SKIPPED_BYTES_MAX - s->bytes)
        return true;
    s->bytes += n;
    if (!s->paths)
        s->paths = json_array();
    return json_array_append_new(s->paths, json_string_lossy(k->path, n)) == 0 ||
           pyro_no_memory(err, NULL);
}

static bool visit(struct walker *k, int dirfd, const char *name, struct pyro_error *err)
{
    struct stat st;

    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT && *k->path ? true : fail_errno(k, err); /* gone by now */
    switch (st.st_mode & S_IFMT) {
    case S_IFDIR:
        return push(k, k->path, err);
    case S_IFREG:
        return visit_file(k, dirfd, name, &st, err);
    case S_IFLNK:
        return visit_symlink(k, dirfd, name, &st, err);
    case S_IFSOCK:
        return pass_over(k, "is a socket, which cannot be copied", err);
    case S_IFIFO:
        return pass_over(k, "is a FIFO, which cannot be copied", err);
    default:
        return pass_over(k, "is a device, which cannot be copied", err);
    }
}

/* Appends a name to the path at hand; `length` is the path's length. */
static bool append(struct walker *k, size_t length, const char *name, struct pyro_error *err)
{
    size_t n = strlen(name);

    if (length + 1 + n > BENEATH_PATH_MAX)
        return fail(k, "is too deep: the path would be over 32768 bytes", err);
    if (length)
        k->path[length++] = '/';
    memcpy(k->path + length, name, n + 1);
    return true;
}

static bool visit_all(struct walker *k, int dirfd, size_t length, struct pyro_error *err)
{
    int copy = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
    scoped_dir DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    struct dirent *d;

    if (!dir) {
        if (copy >= 0)
            close(copy);
        return fail_errno(k, err);
    }
    while ((errno = 0, d = readdir(dir))) {
        if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
            continue;
        k->path[length] = '\0';
        if (!append(k, length, d->d_name, err) || !visit(k, dirfd, d->d_name, err))
            return false;
    }
    k->path[length] = '\0';
    return errno == 0 || fail_errno(k, err);
}

/* Enters the directory on top of the stack; it stays there, to be ended. */
static bool enter(struct walker *k, struct pending *p, struct pyro_error *err)
{
    scoped_close int fd = beneath_open(k->rootfd, p->path, O_RDONLY | O_DIRECTORY, 0);
    size_t length = strlen(p->path);
    struct tree_entry e;
    struct stat st;

    memcpy(k->path, p->path, length + 1);
    if (fd < 0 || fstat(fd, &st) != 0)
        return fail_errno(k, err);
    e = entry_of(k, TREE_DIRECTORY, &st);
    p->end = e;
    p->end.type = TREE_DIRECTORY_END;
    p->end.path = p->path;
    if (faccessat(fd, ".", X_OK, AT_EACCESS) != 0)
        return fail_errno(k, err);
    return put(k, &e, err) && visit_all(k, fd, length, err);
}

static bool walk_directories(struct walker *k, struct pyro_error *err)
{
    struct pending *p;

    if (!push(k, "", err))
        return false;
    while ((p = k->pending)) {
        if (!p->end.type) {
            if (!enter(k, p, err))
                return false;
            continue;
        }
        if (k->w->out && !tree_put_entry(k->w->out, &p->end, err))
            return false;
        k->pending = p->next;
        free(p);
    }
    return true;
}

static void release(struct walker *k)
{
    struct pending *p;

    while ((p = k->pending)) {
        k->pending = p->next;
        free(p);
    }
    for (size_t i = 0; i < k->names_size; i++)
        free(k->names[i].path);
    free(k->names);
    free(k->path);
}

static bool walk_root(struct walker *k, struct pyro_error *err)
{
    const char *name = k->w->name;
    scoped_close int fd = -1;
    struct stat st;

    k->rootfd = k->w->dirfd;
    if (!name)
        return walk_directories(k, err);
    if (fstatat(k->w->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno(k, err);
    if (!S_ISDIR(st.st_mode))
        return visit(k, k->w->dirfd, name, err);
    k->rootfd = fd = openat(k->w->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(k, err);
    return walk_directories(k, err);
}

bool tree_walk(const struct tree_walk *w, struct tree_counts *ret, struct pyro_error *err)
{
    struct walker k = { .w = w, .path = calloc(1, BENEATH_PATH_MAX + 1), .rootfd = -1 };
    bool ok = (k.path || pyro_no_memory(err, NULL)) && walk_root(&k, err);

    release(&k);
    if (ok)
        *ret = k.counts;
    return ok;
}
