/*
 * engine/image/patch_command.c: the sub-command `patch`. It reads a patch, says which files it
 * needs, reads them, and writes the changes: everything that looks into a patch or a patched file
 * happens here, confined, and the caller only carries bytes between this and the guest.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "engine/image/command.h"
#include "engine/image/patch/patch_tree.h"
#include "vmm/base/fs.h"

struct patch_args {
    int patch_fd;   /* the patch */
    int wanted_fd;  /* takes the input of a file_read request; closed when complete */
    int files_fd;   /* gives its output */
    int changes_fd; /* takes the input of a file_write request; nothing if nothing changes */
    int report_fd;  /* takes [{path, status}] */
};

static bool read_all(int fd, struct buf *ret, struct pyro_error *err)
{
    if (fs_read_fd(fd, ret))
        return true;
    if (errno == EFBIG)
        return pyro_fail(err, PYRO_PATCH_REJECTED, "the patched files are over %zu MiB",
                         ret->max >> 20);
    return pyro_fail_errno(err, "the patch: read");
}

static bool ask(const struct patch_args *a, const struct patch_tree *t, struct pyro_error *err)
{
    scoped_buf paths = BUF_INIT(FILE_PATHS_MAX_BYTES);

    if (!patch_tree_put_paths(t, &paths, err) ||
        !fs_write_all(a->wanted_fd, paths.data, paths.len, err))
        return false;
    close(a->wanted_fd);
    return true;
}

static bool answer(const struct patch_args *a, const struct patch_tree *t, struct pyro_error *err)
{
    scoped_buf changes = BUF_INIT(PATCH_FILES_MAX_BYTES);
    scoped_json json_t *report = patch_tree_report(t);
    scoped_free char *text = report ? json_compact(report) : NULL;

    if (!text)
        return pyro_no_memory(err, "the patch");
    return patch_tree_put_changes(t, &changes, err) &&
           (!changes.len || fs_write_all(a->changes_fd, changes.data, changes.len, err)) &&
           fs_write_all(a->report_fd, text, strlen(text), err);
}

static json_t *patch_command_run(const void *args, struct pyro_error *err)
{
    const struct patch_args *a = args;
    scoped_buf text = BUF_INIT(PATCH_MAX_BYTES + 1);
    scoped_buf files = BUF_INIT(PATCH_FILES_MAX_BYTES + PATCH_FILES_MAX_BYTES / 8);
    struct patch patch = { .files = NULL };
    struct patch_tree tree = { .entries = NULL };
    bool ok;

    /* `--patch "$(cat file)"` loses the last newline. */
    if (!read_all(a->patch_fd, &text, err) ||
        (text.len && text.data[text.len - 1] != '\n' && !buf_append(&text, "\n", 1)))
        return NULL;
    ok = patch_parse(text.len ? text.data : "", text.len, &patch, err) &&
         patch_tree_init(&tree, &patch, err) && ask(a, &tree, err) &&
         read_all(a->files_fd, &files, err) &&
         patch_tree_take_files(&tree, files.data, files.len, err) &&
         patch_tree_apply(&tree, &patch, err) && answer(a, &tree, err);
    patch_tree_release(&tree);
    patch_release(&patch);
    return ok ? json_object() : NULL;
}

static const struct image_option options[] = {
    { "patch-fd", IMAGE_OPTION_FD, offsetof(struct patch_args, patch_fd), true },
    { "wanted-fd", IMAGE_OPTION_FD, offsetof(struct patch_args, wanted_fd), true },
    { "files-fd", IMAGE_OPTION_FD, offsetof(struct patch_args, files_fd), true },
    { "changes-fd", IMAGE_OPTION_FD, offsetof(struct patch_args, changes_fd), true },
    { "report-fd", IMAGE_OPTION_FD, offsetof(struct patch_args, report_fd), true },
};

const struct image_command image_patch = {
    .name = "patch",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .args_size = sizeof(struct patch_args),
    .run = patch_command_run,
};
