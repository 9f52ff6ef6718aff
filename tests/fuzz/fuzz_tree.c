/*
 * Any bytes as a stream of files, written below a directory as an export does and as a guest does:
 * nothing beside that directory changes, and what was written can be walked and written again.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/base/buf.h"
#include "vmm/base/fs.h"
#include "vmm/base/tree_walk.h"
#include "vmm/base/tree_write.h"

#define STREAM_MAX (4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
    const uint8_t *bytes;
    size_t n, at;
};

static ssize_t take(void *arg, void *bytes, size_t n, struct pyro_error *err UNUSED)
{
    struct memory *m = arg;

    if (n > m->n - m->at)
        n = m->n - m->at;
    memcpy(bytes, m->bytes + m->at, n);
    m->at += n;
    return (ssize_t)n;
}

static bool add(void *arg, const void *bytes, size_t n, struct pyro_error *err)
{
    return buf_append(arg, bytes, n) || pyro_fail(err, PYRO_NO_MEMORY, "full");
}

static bool unstream(const void *bytes, size_t n, const struct tree_write *w,
                     struct tree_counts *ret, struct pyro_error *err)
{
    struct memory m = { bytes, n, 0 };
    struct tree_input in;
    bool ok;

    if (!tree_input_init(&in, take, &m, err))
        abort();
    ok = tree_write(w, &in, ret, err);
    tree_input_release(&in);
    if (!ok && (err->code == PYRO_OK || !err->message[0]))
        abort();
    return ok;
}

/* A directory with a file to be left alone and a place to write in. */
static int make_place(char *path)
{
    const char *directory = getenv("TMPDIR");
    int fd;

    snprintf(path, 4096, "%s/fuzz-tree-XXXXXX", directory ? directory : "/tmp");
    if (!mkdtemp(path) || (fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        abort();
    if (mkdirat(fd, "in", 0755) != 0 ||
        close(openat(fd, "guard", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640)) != 0)
        abort();
    return fd;
}

static void check_guard(int fd)
{
    struct stat st;

    if (fstatat(fd, "guard", &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_nlink != 1 ||
        st.st_size != 0 || st.st_mode != (S_IFREG | 0640))
        abort();
}

/* What stands there now must go through once more. */
static void check_again(int fd, const char *name, const struct tree_counts *counts)
{
    scoped_buf stream = BUF_INIT(STREAM_MAX);
    struct tree_output out;
    struct tree_walk walk = { .dirfd = fd, .name = name, .label = "in", .out = &out };
    struct tree_write w = { .dirfd = fd, .name = "again", .label = "again", .mode_mask = 07777 };
    struct tree_counts first, second;
    struct pyro_error err = { 0 };

    if (!tree_output_init(&out, add, &stream, &err))
        abort();
    if (tree_walk(&walk, &first, &err) && tree_put_done(&out, &err)) {
        if (first.entries > counts->entries + 4096 ||
            !unstream(stream.data, stream.len, &w, &second, &err) ||
            first.entries != second.entries || first.bytes != second.bytes)
            abort();
    } else if (err.code != PYRO_NO_MEMORY && err.code != PYRO_CONTENT_REFUSED) {
        abort();
    }
    tree_output_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tree_write w = {
        .label = "in", .mode_mask = 0777, .max_bytes = 1 << 20, .max_entries = 500
    };
    struct pyro_error err = { 0 };
    struct tree_counts counts;
    char path[4096];
    int fd = make_place(path), root = -1;

    umask(0);
    if (size && data[0] & 1) { /* as a guest does */
        root = openat(fd, "in", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        w.replace = true;
        w.dirfd = root;
    } else {
        w.dirfd = fd;
        w.name = "new";
    }
    if (size && unstream(data + 1, size - 1, &w, &counts, &err))
        check_again(fd, w.name ? w.name : "in", &counts);
    check_guard(fd);
    if (root >= 0)
        close(root);
    close(fd);
    fs_discard_tree(AT_FDCWD, path);
    return 0;
}
