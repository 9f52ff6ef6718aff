/*
 * engine/image/unpack_kernel.c: takes the kernel out of its Debian package, which is standard
 * input: the kernel itself into one descriptor, and into another, as a stream (tree.h), the modules
 * that are wanted with their dependencies. A .deb is an ar archive whose member data.tar.* holds
 * the files (deb(5)).
 */
#include <stddef.h>
#include <string.h>

#include "engine/image/command.h"
#include "engine/image/kernel/modules.h"
#include "engine/image/tar/source.h"
#include "engine/image/tar/tree_stream.h"
#include "vmm/base/fs.h"

#define KERNEL_MAX_BYTES (256LL << 20)
#define VERSION_MAX_BYTES 100
#define VERSION_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+~-"

struct unpack_kernel_args {
    int kernel_fd, modules_fd;
    struct image_list modules;
};

struct unpacking {
    int kernel_fd;
    char version[VERSION_MAX_BYTES + 1]; /* "": no kernel yet */
    struct modules modules;
};

/* Feeds the inner archive with the outer one's current member. */
static la_ssize_t unpack_kernel_read_outer(struct archive *inner, void *outer,
                                           const void **ret_bytes)
{
    size_t n;
    la_int64_t offset;
    int rc = archive_read_data_block(outer, ret_bytes, &n, &offset);

    if (rc == ARCHIVE_EOF)
        return 0;
    if (rc < ARCHIVE_WARN) {
        archive_set_error(inner, archive_errno(outer), "%s", archive_error_string(outer));
        return -1;
    }
    return (la_ssize_t)n;
}

static bool copy_kernel(struct archive *a, int fd, struct pyro_error *err)
{
    int64_t at = 0;
    const void *bytes;
    la_int64_t offset;
    size_t n;
    int rc;

    while ((rc = archive_read_data_block(a, &bytes, &n, &offset)) == ARCHIVE_OK) {
        if (offset != at || (at += (int64_t)n) > KERNEL_MAX_BYTES)
            return pyro_fail(err, PYRO_INVALID_ARGUMENT, "the kernel is sparse, or too large");
        if (!fs_write_all(fd, bytes, n, err))
            return pyro_wrap(err, "the kernel");
    }
    return rc == ARCHIVE_EOF || source_fail(a, "the kernel", err);
}

static bool take_kernel(struct unpacking *u, struct archive *a, const char *version,
                        struct pyro_error *err)
{
    size_t n = strlen(version);

    if (!n || n > VERSION_MAX_BYTES || version[0] == '.' ||
        strspn(version, VERSION_CHARACTERS) != n || u->version[0])
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "the package must have exactly one kernel");
    snprintf(u->version, sizeof(u->version), "%s", version);
    return copy_kernel(a, u->kernel_fd, err);
}

/* The rest after a prefix, or NULL. */
static const char *behind(const char *path, const char *beginning)
{
    size_t n = strlen(beginning);

    return strncmp(path, beginning, n) == 0 ? path + n : NULL;
}

static bool take_member(struct unpacking *u, struct archive *a, struct archive_entry *entry,
                        struct pyro_error *err)
{
    const char *path = archive_entry_pathname(entry), *rest;

    if (!path || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry))
        return true;
    while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
        path++;
    if ((rest = behind(path, "boot/vmlinuz-")))
        return take_kernel(u, a, rest, err);
    path = behind(path, "usr/") ? behind(path, "usr/") : path; /* where Debian 13 has them */
    rest = behind(path, "lib/modules/");
    rest = rest ? strchr(rest, '/') : NULL;
    return !rest || modules_take(&u->modules, rest + 1, a, err);
}

static bool take_members(struct unpacking *u, struct archive *a, struct pyro_error *err)
{
    struct archive_entry *entry;
    int rc;

    while ((rc = archive_read_next_header(a, &entry)) == ARCHIVE_OK || rc == ARCHIVE_WARN)
        if (!take_member(u, a, entry, err))
            return false;
    if (rc != ARCHIVE_EOF)
        return source_fail(a, "the package's files", err);
    return u->version[0] || pyro_fail(err, PYRO_INVALID_ARGUMENT, "the package has no kernel");
}

static bool find_data(struct archive *outer, struct pyro_error *err)
{
    struct archive_entry *entry;
    int rc;

    while ((rc = archive_read_next_header(outer, &entry)) == ARCHIVE_OK || rc == ARCHIVE_WARN) {
        const char *name = archive_entry_pathname(entry);
        if (name && !strncmp(name, "data.tar", 8))
            return true;
    }
    if (rc == ARCHIVE_EOF)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "not a Debian package: it has no data.tar");
    return source_fail(outer, "not a Debian package", err);
}

static bool unpack(struct unpacking *u, struct pyro_error *err)
{
    scoped_archive_read *outer = archive_read_new();
    scoped_archive_read *inner = source_new_tar(err);

    if (!outer || !inner)
        return pyro_no_memory(err, NULL);
    archive_read_support_format_ar(outer);
    if (!source_open_fd(outer, 0, err) || !find_data(outer, err))
        return false;
    if (archive_read_open(inner, outer, NULL, unpack_kernel_read_outer, NULL) != ARCHIVE_OK)
        return source_fail(inner, "the package's files", err);
    return take_members(u, inner, err);
}

static bool put_modules(struct unpacking *u, const struct unpack_kernel_args *args, json_t *missing,
                        struct pyro_error *err)
{
    int fd = args->modules_fd;
    struct tree_output out;
    bool ok;

    if (!tree_output_init(&out, tree_stream_write, &fd, err))
        return false;
    ok = modules_put(&u->modules, args->modules.items, args->modules.count, &out, missing, err);
    tree_output_release(&out);
    return ok;
}

static json_t *unpack_kernel(const void *void_args, struct pyro_error *err)
{
    const struct unpack_kernel_args *args = void_args;
    struct unpacking u = { .kernel_fd = args->kernel_fd };
    scoped_json json_t *missing = json_array();
    bool ok;

    modules_init(&u.modules);
    ok = unpack(&u, err) && put_modules(&u, args, missing, err);
    modules_release(&u.modules);
    return ok ? json_pack("{ss sO}", "kernel_version", u.version, "missing", missing) : NULL;
}

static const struct image_option options[] = {
    { "kernel-fd", IMAGE_OPTION_FD, offsetof(struct unpack_kernel_args, kernel_fd), true },
    { "modules-fd", IMAGE_OPTION_FD, offsetof(struct unpack_kernel_args, modules_fd), true },
    { "module", IMAGE_OPTION_LIST, offsetof(struct unpack_kernel_args, modules), false },
};

const struct image_command image_unpack_kernel = {
    .name = "unpack-kernel",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .args_size = sizeof(struct unpack_kernel_args),
    .run = unpack_kernel,
};
