/*
 * guest/file_list.c: the request `file_list`. A directory's entries go out as they are read, in the
 * order of the directory; the caller sorts them. Only one open directory is held here per level.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "guest/file.h"
#include "guest/file_beneath.h"
#include "guest/file_op.h"

#define LEVELS_MAX 256

struct level {
    DIR *dir;
    size_t path_length; /* of the directory's own path */
};

struct listing {
    struct file_op op;
    bool recursive;
    enum file_kind kind; /* of the requested path */
    char path[FILE_PATH_MAX + 1];
    struct level levels[LEVELS_MAX];
    unsigned depth;
};

static bool add_entry(struct listing *l, int dir_fd, const char *name, const struct stat *st,
                      struct pyro_error *err)
{
    enum file_kind kind = file_kind_of(st->st_mode);
    size_t n = strlen(l->path);
    char target[PATH_MAX];
    uint8_t head[FILE_ENTRY_HEADER + 2];
    ssize_t m = 0;

    if (kind == FILE_SYMLINK)
        m = readlinkat(dir_fd, name, target, sizeof(target));
    m = m < 0 ? 0 : m;
    head[0] = (uint8_t)kind;
    put_u32(head + 1, st->st_mode);
    put_u64(head + 5, (uint64_t)st->st_mtim.tv_sec);
    put_u32(head + 13, (uint32_t)st->st_mtim.tv_nsec);
    put_u64(head + 17, (uint64_t)st->st_size);
    put_u16(head + 25, (uint16_t)n);
    put_u16(head + FILE_ENTRY_HEADER, (uint16_t)m);
    if (!buf_append(&l->op.out, head, FILE_ENTRY_HEADER) || !buf_append(&l->op.out, l->path, n) ||
        !buf_append(&l->op.out, head + FILE_ENTRY_HEADER, 2) ||
        !buf_append(&l->op.out, target, (size_t)m))
        return pyro_no_memory(err, "file list");
    return true;
}

/* Enters the directory that l->path names; takes the descriptor. */
static bool push(struct listing *l, int fd, struct pyro_error *err)
{
    DIR *dir;

    if (l->depth == LEVELS_MAX) {
        close(fd);
        return pyro_fail(err, PYRO_GUEST_ERROR,
                         "'" WORKSPACE_DIR "/%.300s…' is more than %d directories deep", l->path,
                         LEVELS_MAX);
    }
    dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return pyro_fail_errno(err, "'" WORKSPACE_DIR "/%.400s'", l->path);
    }
    l->levels[l->depth++] = (struct level){ dir, strlen(l->path) };
    return true;
}

static void pop(struct listing *l)
{
    struct level *top = &l->levels[--l->depth];

    closedir(top->dir);
}

static bool add(struct listing *l, const char *name, struct pyro_error *err)
{
    struct level *top = &l->levels[l->depth - 1];
    int dir_fd = dirfd(top->dir), fd;
    size_t n = top->path_length;
    struct stat st;

    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || /* it went away meanwhile */
               pyro_fail_errno(err, "'" WORKSPACE_DIR "/%.300s': '%.100s'", l->path, name);
    if (n + strlen(name) + 1 > FILE_PATH_MAX)
        return pyro_fail(err, PYRO_GUEST_ERROR,
                         "a path below '" WORKSPACE_DIR "/%.300s…' is longer than %d bytes",
                         l->path, FILE_PATH_MAX);
    snprintf(l->path + n, sizeof(l->path) - n, "%s%s", n ? "/" : "", name);
    if (!add_entry(l, dir_fd, name, &st, err))
        return false;
    if (!l->recursive || !S_ISDIR(st.st_mode))
        return true;
    fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
               pyro_fail_errno(err, "'" WORKSPACE_DIR "/%.400s'", l->path);
    return push(l, fd, err);
}

static enum file_fill file_list_fill(struct file_op *op, struct pyro_error *err)
{
    struct listing *l = (struct listing *)op;

    while (l->depth && op->out.len < FILE_FILL_BYTES) {
        struct level *top = &l->levels[l->depth - 1];
        const struct dirent *entry;
        l->path[top->path_length] = '\0';
        errno = 0;
        entry = readdir(top->dir);
        if (!entry && errno) {
            pyro_fail_errno(err, "'" WORKSPACE_DIR "/%.400s'", l->path);
            return FILE_FILL_FAILED;
        }
        if (!entry)
            pop(l);
        else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
                 !add(l, entry->d_name, err))
            return FILE_FILL_FAILED;
    }
    return l->depth ? FILE_FILL_MORE : FILE_FILL_END;
}

static bool file_list_begin(struct file_op *op, struct pyro_error *err)
{
    struct listing *l = (struct listing *)op;
    scoped_close int root = file_open_root(op->g, err);
    scoped_close int fd = -1;
    struct stat st;
    int dir_fd;

    if (root < 0)
        return false;
    if (op->in.len > FILE_PATH_MAX || (op->in.len && memchr(op->in.data, '\0', op->in.len)))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "that is not a path");
    if (op->in.len)
        memcpy(l->path, op->in.data, op->in.len);
    if (!file_check_path(l->path, err))
        return false;
    fd = file_open_beneath(root, l->path, O_PATH | O_NOFOLLOW, err);
    if (fd < 0)
        return false;
    if (fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "'" WORKSPACE_DIR "/%.400s'", l->path);
    l->kind = file_kind_of(st.st_mode);
    if (l->kind != FILE_DIRECTORY)
        return add_entry(l, fd, "", &st, err);
    dir_fd = file_open_beneath(root, l->path, O_RDONLY | O_DIRECTORY, err);
    return dir_fd >= 0 && push(l, dir_fd, err);
}

static json_t *file_list_result(struct file_op *op)
{
    return json_pack("{s:i}", "kind", (int)((struct listing *)op)->kind);
}

static void file_list_release(struct file_op *op)
{
    struct listing *l = (struct listing *)op;

    while (l->depth)
        pop(l);
    free(l);
}

bool file_op_list(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err)
{
    static const struct file_op_type type = { .begin = file_list_begin,
                                              .fill = file_list_fill,
                                              .result = file_list_result,
                                              .release = file_list_release };
    struct listing *l = calloc(1, sizeof(*l));

    if (!l)
        return pyro_no_memory(err, "file list");
    l->recursive = json_bool_or(request, "recursive", false);
    return file_op_start(&l->op, g, &type, id, err);
}
