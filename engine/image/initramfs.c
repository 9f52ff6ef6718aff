/*
 * engine/image/initramfs.c: the initramfs every VM boots from: the guest program as /init, kernel
 * modules with their lists in /modules (a stream of files, tree.h, on standard input), and the
 * directories and the console node that a PID 1 needs before it has mounted anything. The same
 * input gives the same bytes.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/image/command.h"
#include "engine/image/tar/source.h"
#include "vmm/base/fs.h"
#include "vmm/base/tree.h"

#define MEMBER_MAX_BYTES (64 * 1024 * 1024)

struct initramfs_args {
    int output_fd, init_fd;
};

static inline void cleanup_archive_write(struct archive **a)
{
    archive_write_free(*a);
}
static inline void cleanup_entry(struct archive_entry **e)
{
    archive_entry_free(*e);
}

struct member {
    const char *path;
    mode_t mode; /* with the type */
    unsigned major, minor;
};

static bool write_member(struct archive *a, const struct member *m, const void *bytes, size_t n,
                         struct pyro_error *err)
{
    __attribute__((cleanup(cleanup_entry))) struct archive_entry *e = archive_entry_new();

    if (!e)
        return pyro_no_memory(err, NULL);
    archive_entry_set_pathname(e, m->path);
    archive_entry_set_mode(e, m->mode);
    archive_entry_set_mtime(e, 0, 0);
    archive_entry_set_nlink(e, S_ISDIR(m->mode) ? 2 : 1);
    archive_entry_set_rdevmajor(e, m->major);
    archive_entry_set_rdevminor(e, m->minor);
    archive_entry_set_size(e, (la_int64_t)n);
    if (archive_write_header(a, e) != ARCHIVE_OK ||
        (n && archive_write_data(a, bytes, n) != (la_ssize_t)n))
        return pyro_fail(err, PYRO_IO, "write '%s': %s", m->path, archive_error_string(a));
    return true;
}

static bool write_from_fd(struct archive *a, const struct member *m, int fd, struct pyro_error *err)
{
    scoped_free char *bytes = NULL;
    struct stat st;

    if (fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "read '%s'", m->path);
    if (st.st_size <= 0 || st.st_size > MEMBER_MAX_BYTES)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%s' has an impossible size", m->path);
    bytes = malloc((size_t)st.st_size);
    if (!bytes)
        return pyro_no_memory(err, NULL);
    if (lseek(fd, 0, SEEK_SET) != 0 ||
        fs_read_full(fd, bytes, (size_t)st.st_size) != (ssize_t)st.st_size)
        return pyro_fail_errno(err, "read '%s'", m->path);
    return write_member(a, m, bytes, (size_t)st.st_size, err);
}

static ssize_t initramfs_read_input(void *arg UNUSED, void *bytes, size_t n, struct pyro_error *err)
{
    ssize_t got = read(STDIN_FILENO, bytes, n);

    if (got < 0)
        pyro_fail_errno(err, "read the modules");
    return got;
}

static bool write_module(struct archive *a, struct tree_input *in, const struct tree_entry *e,
                         struct pyro_error *err)
{
    scoped_free char *bytes = e->size <= MEMBER_MAX_BYTES ? calloc(1, e->size + 1) : NULL;
    struct member m = { .mode = S_IFREG | 0644 };
    char path[256];
    const void *piece;
    uint64_t offset;
    size_t n;

    if (e->type != TREE_FILE || strchr(e->path, '/') || strlen(e->path) > 200 || !bytes)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.200s' is not a module", e->path);
    snprintf(path, sizeof(path), "modules/%s", e->path);
    m.path = path;
    do {
        if (!tree_next_data(in, &offset, &piece, &n, err))
            return false;
        if (n)
            memcpy(bytes + offset, piece, n); /* within the size: tree.h */
    } while (n);
    return write_member(a, &m, bytes, (size_t)e->size, err);
}

static bool write_modules(struct archive *a, struct pyro_error *err)
{
    struct tree_input in;
    struct tree_entry e;
    bool ok = tree_input_init(&in, initramfs_read_input, NULL, err);

    if (!ok)
        return false;
    while ((ok = tree_next(&in, &e, err)) && e.type != TREE_DONE) {
        if (!(ok = write_module(a, &in, &e, err)))
            break;
    }
    tree_input_release(&in);
    return ok;
}

static bool write_skeleton(struct archive *a, struct pyro_error *err)
{
    static const struct member skeleton[] = {
        { "dev", S_IFDIR | 0755, 0, 0 },     { "dev/console", S_IFCHR | 0600, 5, 1 },
        { "proc", S_IFDIR | 0555, 0, 0 },    { "sys", S_IFDIR | 0555, 0, 0 },
        { "newroot", S_IFDIR | 0755, 0, 0 }, { "modules", S_IFDIR | 0755, 0, 0 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(skeleton); i++)
        if (!write_member(a, &skeleton[i], NULL, 0, err))
            return false;
    return true;
}

static json_t *initramfs(const void *void_args, struct pyro_error *err)
{
    const struct initramfs_args *args = void_args;
    __attribute__((cleanup(cleanup_archive_write))) struct archive *a = archive_write_new();
    struct stat st;

    if (!a || archive_write_set_format_cpio_newc(a) != ARCHIVE_OK ||
        archive_write_open_fd(a, args->output_fd) != ARCHIVE_OK)
        return pyro_fail(err, PYRO_NO_MEMORY, "cannot start the archive");
    if (!write_skeleton(a, err) ||
        !write_from_fd(a, &(struct member){ "init", S_IFREG | 0755, 0, 0 }, args->init_fd, err))
        return NULL;
    if (!write_modules(a, err))
        return NULL;
    if (archive_write_close(a) != ARCHIVE_OK)
        return pyro_fail(err, PYRO_IO, "write the archive: %s", archive_error_string(a));
    if (fstat(args->output_fd, &st) != 0)
        return pyro_fail_errno(err, "write the archive");
    return json_pack("{sI}", "size_bytes", (json_int_t)st.st_size);
}

static const struct image_option options[] = {
    { "output-fd", IMAGE_OPTION_FD, offsetof(struct initramfs_args, output_fd), true },
    { "init-fd", IMAGE_OPTION_FD, offsetof(struct initramfs_args, init_fd), true },
};

const struct image_command image_initramfs = {
    .name = "initramfs",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .args_size = sizeof(struct initramfs_args),
    .run = initramfs,
};
