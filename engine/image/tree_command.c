/* engine/image/tree_command.c: the sub-command tar-to-tree. */
#include <stddef.h>

#include "engine/image/command.h"
#include "engine/image/tar/source.h"
#include "engine/image/tar/tar_to_tree.h"
#include "engine/image/tar/tree_stream.h"

struct tree_command_args {
    int output_fd; /* -1: only look */
    int64_t max_bytes, max_entries;
};

static json_t *tree_command_run(const void *void_args, struct pyro_error *err)
{
    const struct tree_command_args *args = void_args;
    struct tar_limits limits = { (uint64_t)args->max_bytes, (uint64_t)args->max_entries };
    scoped_archive_read *a = source_new_tar(err);
    int fd = args->output_fd;
    struct tree_output out;
    struct tree_counts counts;
    bool ok;

    if (!a || (fd >= 0 && !tree_output_init(&out, tree_stream_write, &fd, err)))
        return NULL;
    ok = source_open_fd(a, 0, err) && tar_to_tree(a, fd >= 0 ? &out : NULL, &limits, &counts, err);
    if (fd >= 0)
        tree_output_release(&out);
    if (!ok)
        return NULL;
    return json_pack("{sI sI sI}", "entries", (json_int_t)counts.entries, "bytes",
                     (json_int_t)counts.bytes, "data_bytes", (json_int_t)counts.data_bytes);
}

static const struct image_option options[] = {
    { "output-fd", IMAGE_OPTION_FD, offsetof(struct tree_command_args, output_fd), false },
    { "max-bytes", IMAGE_OPTION_SIZE, offsetof(struct tree_command_args, max_bytes), false },
    { "max-entries", IMAGE_OPTION_SIZE, offsetof(struct tree_command_args, max_entries), false },
};

const struct image_command image_tar_to_tree = {
    .name = "tar-to-tree",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .args_size = sizeof(struct tree_command_args),
    .run = tree_command_run,
};
