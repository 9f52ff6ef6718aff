/* engine/image/diff_command.c: the sub-command `diff`: the changes on a disk below a directory
 * since one of its layers. */
#include <stddef.h>
#include <string.h>

#include "engine/image/command.h"
#include "engine/image/diff/text_diff.h"
#include "engine/image/diff/tree_diff.h"
#include "vmm/base/fs.h"

struct diff_args {
    struct image_fds layers; /* the last is the current disk */
    int64_t baseline;        /* the index of the layer to compare with */
    const char *root;        /* an absolute path */
    int output_fd;           /* takes tree_diff()'s object */
    bool names_only;
};

static json_t *compare(const struct diff_args *a, struct chain *chain, struct pyro_error *err)
{
    struct view *then = NULL, *now = NULL;
    json_t *found = NULL;

    if (view_open((struct disk_version){ chain, (unsigned)a->baseline }, &then, err) &&
        view_open((struct disk_version){ chain, a->layers.count - 1 }, &now, err))
        found = tree_diff(then, now, a->root, a->names_only, err);
    view_free(then);
    view_free(now);
    return found;
}

static json_t *diff_command_run(const void *args, struct pyro_error *err)
{
    const struct diff_args *a = args;
    struct chain *chain = NULL;
    scoped_json json_t *found = NULL;
    scoped_free char *text = NULL;

    if (a->baseline >= a->layers.count)
        return pyro_fail(err, PYRO_USAGE, "--baseline: there are only %u layers", a->layers.count);
    if (chain_open(a->layers.items, a->layers.count, &chain, err))
        found = compare(a, chain, err);
    chain_free(chain);
    if (!found)
        return NULL;
    text = json_compact(found);
    if (!text)
        return pyro_no_memory(err, "the diff");
    return fs_write_all(a->output_fd, text, strlen(text), err) ? json_object() : NULL;
}

static const struct image_option options[] = {
    { "layer-fds", IMAGE_OPTION_FDS, offsetof(struct diff_args, layers), true },
    { "baseline", IMAGE_OPTION_SIZE, offsetof(struct diff_args, baseline), true },
    { "root", IMAGE_OPTION_TEXT, offsetof(struct diff_args, root), true },
    { "output-fd", IMAGE_OPTION_FD, offsetof(struct diff_args, output_fd), true },
    { "names-only", IMAGE_OPTION_FLAG, offsetof(struct diff_args, names_only), false },
};

const struct image_command image_diff = {
    .name = "diff",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .args_size = sizeof(struct diff_args),
    .prepare = text_diff_load,
    .run = diff_command_run,
};
