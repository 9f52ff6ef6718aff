/*
 * guest/file_read.c: the request `file_read`: for each path of the input its kind, and a regular
 * file's content or a link's target. Contents go out in chunks as they are read, so a file of any
 * size takes no more memory than one chunk.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/file.h"
#include "guest/file_beneath.h"
#include "guest/file_op.h"

struct reading {
    struct file_op op;
    int root;
    struct reader paths;
    int64_t offset, max_bytes; /* of one file */
    bool tell_links;           /* a link in the way is an answer, not an error */
    int fd;                    /* the file whose content is going out; -1: none */
    int64_t left;              /* of its max_bytes */
    char path[FILE_PATH_MAX + 1];
};

static bool add(struct reading *r, const void *bytes, size_t n, struct pyro_error *err)
{
    return buf_append(&r->op.out, bytes, n) || pyro_no_memory(err, "file read");
}

static bool add_chunk(struct reading *r, const void *bytes, size_t n, struct pyro_error *err)
{
    uint8_t length[4];

    put_u32(length, (uint32_t)n);
    return add(r, length, sizeof(length), err) && add(r, bytes, n, err);
}

/* The end of a file's content. */
static bool add_end(struct reading *r, bool more, struct pyro_error *err)
{
    const uint8_t end[5] = { 0, 0, 0, 0, more };

    return add(r, end, sizeof(end), err);
}

static bool add_header(struct reading *r, enum file_kind kind, const struct stat *st,
                       struct pyro_error *err)
{
    uint8_t head[FILE_ANSWER_HEADER];

    head[0] = (uint8_t)kind;
    put_u32(head + 1, st->st_mode & 07777);
    put_u64(head + 5, st->st_ino);
    put_u64(head + 13, file_ctime_ns(st));
    put_u64(head + 21, (uint64_t)st->st_size);
    return add(r, head, sizeof(head), err);
}

static bool take_path(struct reading *r, struct pyro_error *err)
{
    const uint8_t *bytes;
    uint16_t n;

    if (!rd_u16(&r->paths, &n) || n > FILE_PATH_MAX || !rd_bytes(&r->paths, n, &bytes) ||
        memchr(bytes, '\0', n))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "that is not a list of paths");
    memcpy(r->path, bytes, n);
    r->path[n] = '\0';
    return file_check_path(r->path, err);
}

static bool add_target(struct reading *r, int fd, struct pyro_error *err)
{
    char target[PATH_MAX];
    ssize_t n = readlinkat(fd, "", target, sizeof(target));

    if (n < 0)
        return pyro_fail_errno(err, "'" WORKSPACE_DIR "/%.400s'", r->path);
    return (n == 0 || add_chunk(r, target, (size_t)n, err)) && add_end(r, false, err);
}

/* The next path: its header and content. A regular file is left open. */
static bool next_file(struct reading *r, struct pyro_error *err)
{
    struct pyro_error why = { 0 };
    struct stat st = { .st_size = 0 };
    scoped_close int fd = -1;
    enum file_kind kind;

    if (!take_path(r, err))
        return false;
    fd = file_open_beneath(r->root, r->path, O_PATH | O_NOFOLLOW, &why);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return add_header(r, FILE_MISSING, &st, err) && add_end(r, false, err);
    if (fd < 0 && errno == ELOOP && r->tell_links)
        return add_header(r, FILE_BEHIND_LINK, &st, err) && add_end(r, false, err);
    if (fd < 0)
        return pyro_copy(err, &why);
    if (fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "'" WORKSPACE_DIR "/%.400s'", r->path);
    kind = file_kind_of(st.st_mode);
    if (kind == FILE_REGULAR) {
        r->fd = file_open_beneath(r->root, r->path, O_RDONLY | O_NOFOLLOW, err);
        if (r->fd < 0)
            return false;
        if (fstat(r->fd, &st) != 0 || !S_ISREG(st.st_mode))
            return pyro_fail(err, PYRO_GUEST_ERROR,
                             "'" WORKSPACE_DIR "/%.400s' changed while it was read", r->path);
        r->left = st.st_size - r->offset; /* data appended meanwhile is not followed */
        r->left = r->left < 0 ? 0 : r->left > r->max_bytes ? r->max_bytes : r->left;
        /* No further than its end: a file system refuses an offset that no file of its can have. */
        if (lseek(r->fd, (off_t)(r->offset < st.st_size ? r->offset : st.st_size), SEEK_SET) < 0)
            return pyro_fail_errno(err, "read '" WORKSPACE_DIR "/%.400s'", r->path);
        return add_header(r, kind, &st, err);
    }
    return add_header(r, kind, &st, err) &&
           (kind == FILE_SYMLINK ? add_target(r, fd, err) : add_end(r, false, err));
}

/* One more chunk of the open file; closes it at its end. */
static bool next_chunk(struct reading *r, struct pyro_error *err)
{
    static char chunk[65536];
    size_t want = r->left < (int64_t)sizeof(chunk) ? (size_t)r->left : sizeof(chunk);
    ssize_t n;

    if (!want) { /* whether there is more */
        char byte;
        do
            n = read(r->fd, &byte, 1);
        while (n < 0 && errno == EINTR);
    } else {
        do
            n = read(r->fd, chunk, want);
        while (n < 0 && errno == EINTR);
    }
    if (n < 0)
        return pyro_fail_errno(err, "read '" WORKSPACE_DIR "/%.400s'", r->path);
    r->left -= want ? n : 0;
    if (want && n > 0)
        return add_chunk(r, chunk, (size_t)n, err);
    close(take_fd(&r->fd));
    return add_end(r, n > 0, err);
}

static enum file_fill file_read_fill(struct file_op *op, struct pyro_error *err)
{
    struct reading *r = (struct reading *)op;

    while (op->out.len < FILE_FILL_BYTES) {
        bool ok;
        if (r->fd < 0 && !rd_left(&r->paths))
            return FILE_FILL_END;
        ok = r->fd >= 0 ? next_chunk(r, err) : next_file(r, err);
        if (!ok)
            return FILE_FILL_FAILED;
    }
    return FILE_FILL_MORE;
}

static bool file_read_begin(struct file_op *op, struct pyro_error *err)
{
    struct reading *r = (struct reading *)op;

    r->root = file_open_root(op->g, err);
    r->paths = reader_of(op->in.data, op->in.len);
    return r->root >= 0;
}

static void file_read_release(struct file_op *op)
{
    struct reading *r = (struct reading *)op;

    if (r->fd >= 0)
        close(r->fd);
    if (r->root >= 0)
        close(r->root);
    free(r);
}

bool file_op_read(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err)
{
    static const struct file_op_type type = { .begin = file_read_begin,
                                              .fill = file_read_fill,
                                              .release = file_read_release };
    int64_t max_bytes, offset = 0;
    struct reading *r;

    if (json_object_get(request, "offset") &&
        !json_get_int(request, "offset", 0, INT64_MAX, &offset, err))
        return false;
    if (!json_get_int(request, "max_bytes", 0, INT64_MAX, &max_bytes, err))
        return false;
    r = calloc(1, sizeof(*r));
    if (!r)
        return pyro_no_memory(err, "file read");
    r->root = r->fd = -1;
    r->max_bytes = max_bytes;
    r->offset = offset;
    r->tell_links = json_bool_or(request, "tell_links", false);
    return file_op_start(&r->op, g, &type, id, err);
}
