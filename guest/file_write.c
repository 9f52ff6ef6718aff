/*
 * guest/file_write.c: the request `file_write`: one change or many. Contents are staged as they
 * come; at the input's end all or none of it is committed.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "guest/file.h"
#include "guest/file_commit.h"
#include "guest/file_op.h"
#include "guest/file_sync.h"
#include "vmm/base/fs.h"

struct writing {
    struct file_op op; /* op.in: a record's head, or a link's target, as far as received */
    struct file_commit commit;
    bool staged;   /* the base is known */
    size_t wanted; /* bytes of op.in */
    bool in_target;
    int fd;        /* the file that is being staged; -1: none */
    uint64_t left; /* of its content */
    int64_t bytes_written;
    struct file_sync *sync; /* the sync being waited for */
    int sync_error;
};

static void *malformed(struct pyro_error *err)
{
    return pyro_fail(err, PYRO_INVALID_ARGUMENT, "that is not a list of changes");
}

/* A path of n bytes, new; NULL when it is not one. */
static char *take_path(struct reader *r, size_t n, struct pyro_error *err)
{
    const uint8_t *bytes;
    char *path;

    if (n > FILE_PATH_MAX || !rd_bytes(r, n, &bytes) || memchr(bytes, '\0', n))
        return malformed(err);
    path = strndup((const char *)bytes, n);
    if (!path)
        pyro_no_memory(err, "file write");
    else if (!file_check_path(path, err))
        free(take_ptr(&path));
    return path;
}

/* The base, once all of it is received. */
static bool take_base(struct writing *w, struct pyro_error *err)
{
    struct reader r = reader_of(w->op.in.data, w->op.in.len);
    scoped_free char *base = NULL;
    uint16_t n;

    if (!rd_u16(&r, &n))
        return malformed(err);
    if (rd_left(&r) < n) {
        w->wanted = 2 + (size_t)n;
        return n <= FILE_PATH_MAX || malformed(err);
    }
    base = take_path(&r, n, err);
    if (!base || !file_commit_stage(&w->commit, base, err))
        return false;
    w->staged = true;
    w->wanted = FILE_CHANGE_HEADER;
    buf_clear(&w->op.in);
    return true;
}

static bool read_change(struct reader *r, struct file_change *ret, uint16_t *ret_n)
{
    uint8_t action, expect;

    if (!rd_u8(r, &action) || !rd_u8(r, &expect) || !rd_u32(r, &ret->mode) ||
        !rd_u64(r, &ret->inode) || !rd_u64(r, &ret->ctime_ns) || !rd_u64(r, &ret->size_bytes) ||
        !rd_u16(r, ret_n) || action >= FILE_ACTION_COUNT || expect >= FILE_EXPECT_COUNT ||
        *ret_n > FILE_PATH_MAX)
        return false;
    ret->action = (enum file_action)action;
    ret->expect = (enum file_expect)expect;
    return true;
}

/* A change's head, once all of it is received. */
static bool take_change(struct writing *w, struct pyro_error *err)
{
    struct reader r = reader_of(w->op.in.data, w->op.in.len);
    struct file_change head = { 0 }, *change;
    char *path;
    uint16_t n;

    if (!read_change(&r, &head, &n))
        return malformed(err);
    if (rd_left(&r) < n + sizeof(uint64_t)) {
        w->wanted = FILE_CHANGE_HEADER + n + sizeof(uint64_t);
        return true;
    }
    path = take_path(&r, n, err);
    if (!path)
        return false;
    change = file_commit_add(&w->commit, path, err);
    if (!change)
        return false;
    head.path = path;
    *change = head;
    if (!rd_u64(&r, &w->left) || (head.action == FILE_REMOVE && w->left) ||
        (head.action == FILE_LINK && (!w->left || w->left >= PATH_MAX)))
        return malformed(err);
    buf_clear(&w->op.in);
    w->wanted = FILE_CHANGE_HEADER;
    w->in_target = head.action == FILE_LINK;
    if (w->in_target)
        w->wanted = (size_t)w->left;
    if (head.action != FILE_WRITE)
        return true;
    w->fd = file_commit_open(&w->commit, err);
    if (w->fd >= 0 && !w->left)
        close(take_fd(&w->fd));
    return w->fd >= 0 || !w->left;
}

static bool take_target(struct writing *w, struct pyro_error *err)
{
    if (memchr(w->op.in.data, '\0', w->op.in.len))
        return malformed(err);
    w->in_target = false;
    w->bytes_written += (int64_t)w->op.in.len;
    if (!file_commit_link(&w->commit, w->op.in.data, err))
        return false;
    buf_clear(&w->op.in);
    w->wanted = FILE_CHANGE_HEADER;
    return true;
}

static bool take_content(struct writing *w, const uint8_t *bytes, size_t n, struct pyro_error *err)
{
    const struct file_commit *c = &w->commit;

    if (!fs_write_all(w->fd, bytes, n, err)) {
        pyro_wrap(err, "write '" WORKSPACE_DIR "/%.300s'", c->changes[c->change_count - 1].path);
        if (pyro_is(err, PYRO_NO_SPACE))
            pyro_wrap(err, "the workspace's own disk is full; nothing was changed");
        return false;
    }
    w->bytes_written += (int64_t)n;
    w->left -= n;
    if (!w->left)
        close(take_fd(&w->fd));
    return true;
}

static bool file_write_input(struct file_op *op, const uint8_t *bytes, size_t n,
                             struct pyro_error *err)
{
    struct writing *w = (struct writing *)op;

    while (n) {
        size_t part;
        bool ok;
        if (w->fd >= 0) {
            part = w->left < n ? (size_t)w->left : n;
            if (!take_content(w, bytes, part, err))
                return false;
            bytes += part;
            n -= part;
            continue;
        }
        part = w->wanted - op->in.len;
        part = part < n ? part : n;
        if (!buf_append(&op->in, bytes, part))
            return pyro_no_memory(err, "file write");
        bytes += part;
        n -= part;
        if (op->in.len < w->wanted)
            break;
        ok = !w->staged     ? take_base(w, err)
             : w->in_target ? take_target(w, err)
                            : take_change(w, err);
        if (!ok)
            return false;
    }
    return true;
}

static void file_write_on_synced(void *arg, int error)
{
    struct writing *w = arg;

    w->sync = NULL;
    w->sync_error = error;
    file_op_resume(&w->op);
}

/* Syncs the next ones that are not on the disk yet, some at a time; if none is left w->sync stays
 * NULL. */
static bool sync_more(struct writing *w, struct pyro_error *err)
{
    int fds[FILE_SYNC_MAX];
    unsigned count = file_commit_open_unsynced(&w->commit, fds, FILE_SYNC_MAX);

    if (count)
        w->sync = file_sync_start(w->op.g, fds, count, file_write_on_synced, w);
    for (unsigned i = 0; i < count; i++)
        close(fds[i]);
    return w->sync || !count || pyro_no_memory(err, "file write");
}

static bool file_write_begin(struct file_op *op, struct pyro_error *err)
{
    struct writing *w = (struct writing *)op;

    if (!w->staged || w->fd >= 0 || op->in.len)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "the list of changes was cut short");
    return file_commit_check(&w->commit, err);
}

/* There is no output: only the end, once the new data is on the disk. */
static enum file_fill file_write_fill(struct file_op *op, struct pyro_error *err)
{
    struct writing *w = (struct writing *)op;

    if (w->sync)
        return FILE_FILL_WAIT;
    if (w->sync_error) {
        errno = w->sync_error;
        pyro_fail_errno(err, "write to the disk");
        return FILE_FILL_FAILED;
    }
    if (!sync_more(w, err))
        return FILE_FILL_FAILED;
    if (w->sync)
        return FILE_FILL_WAIT;
    /* Again: the sync took time, and a file may have been changed meanwhile. */
    return file_commit_check(&w->commit, err) && file_commit_rename(&w->commit, err)
               ? FILE_FILL_END
               : FILE_FILL_FAILED;
}

static json_t *file_write_result(struct file_op *op)
{
    const struct writing *w = (struct writing *)op;

    return json_pack("{s:I}", "bytes_written", (json_int_t)w->bytes_written);
}

static void file_write_release(struct file_op *op)
{
    struct writing *w = (struct writing *)op;

    file_sync_abandon(w->sync);
    if (w->fd >= 0)
        close(w->fd);
    file_commit_release(&w->commit);
    free(w);
}

bool file_op_write(struct guest *g, uint32_t id, const json_t *request UNUSED,
                   struct pyro_error *err)
{
    static const struct file_op_type type = { .changes = true,
                                              .input = file_write_input,
                                              .begin = file_write_begin,
                                              .fill = file_write_fill,
                                              .result = file_write_result,
                                              .release = file_write_release };
    int root = file_open_root(g, err);
    struct writing *w;

    if (root < 0)
        return false;
    w = calloc(1, sizeof(*w));
    if (!w) {
        close(root);
        return pyro_no_memory(err, "file write");
    }
    w->fd = -1;
    w->wanted = 2;
    file_commit_init(&w->commit, root, !g->host_dir);
    return file_op_start(&w->op, g, &type, id, err);
}
