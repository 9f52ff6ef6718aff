/* engine/image/disk_command.c: the sub-commands disk-list, disk-read, disk-export and disk-seal. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "engine/image/command.h"
#include "engine/image/view/disk_export.h"
#include "engine/image/view/disk_list.h"
#include "engine/image/view/disk_seal.h"
#include "engine/image/view/view.h"
#include "vmm/base/fs.h"

#define CHUNK_BYTES (256 * 1024)

struct disk_args {
    struct image_fds layers;
    int output_fd;
    const char *path; /* absolute, clean */
    int64_t max_bytes, offset;
    bool recursive, whole;
};

static const struct image_option options[] = {
    { "layer-fds", IMAGE_OPTION_FDS, offsetof(struct disk_args, layers), true },
    { "output-fd", IMAGE_OPTION_FD, offsetof(struct disk_args, output_fd), true },
    { "path", IMAGE_OPTION_TEXT, offsetof(struct disk_args, path), false },
    { "max-bytes", IMAGE_OPTION_SIZE, offsetof(struct disk_args, max_bytes), false },
    { "offset", IMAGE_OPTION_SIZE, offsetof(struct disk_args, offset), false },
    { "whole", IMAGE_OPTION_FLAG, offsetof(struct disk_args, whole), false },
    { "recursive", IMAGE_OPTION_FLAG, offsetof(struct disk_args, recursive), false },
};

typedef json_t *with_view_fn(const struct disk_args *args, struct view *v, struct pyro_error *err);

/* The file system as of the top layer, for the duration of the call. */
static json_t *with_view(const struct disk_args *args, with_view_fn *fn, struct pyro_error *err)
{
    struct chain *chain = NULL;
    struct view *view = NULL;
    json_t *result = NULL;

    if (!args->path || args->path[0] != '/')
        pyro_fail(err, PYRO_USAGE, "--path takes an absolute path");
    else if (chain_open(args->layers.items, args->layers.count, &chain, err) &&
             view_open((struct disk_version){ chain, args->layers.count - 1 }, &view, err))
        result = fn(args, view, err);
    view_free(view);
    chain_free(chain);
    return result;
}

/* The list itself may be larger than a helper may print on standard output. */
static json_t *disk_command_list(const struct disk_args *args, struct view *v,
                                 struct pyro_error *err)
{
    scoped_json json_t *found = disk_list(v, args->path, args->recursive, err);
    scoped_free char *text = found ? json_compact(found) : NULL;

    if (!found)
        return NULL;
    if (!text)
        return pyro_no_memory(err, NULL);
    if (!fs_write_all(args->output_fd, text, strlen(text), err))
        return NULL;
    return json_pack("{s:I}", "bytes", (json_int_t)strlen(text));
}

static json_t *disk_command_run_list(const void *args, struct pyro_error *err)
{
    return with_view(args, disk_command_list, err);
}

/* The part of a file that is wanted; how many bytes it is. */
static bool copy_out(const struct disk_args *args, struct view *v, uint32_t inode,
                     uint64_t *ret_bytes, struct pyro_error *err)
{
    scoped_free char *chunk = malloc(CHUNK_BYTES);
    uint64_t done = 0, from = (uint64_t)args->offset, max = (uint64_t)args->max_bytes;
    ssize_t got = 1;

    if (!chunk)
        return pyro_no_memory(err, NULL);
    while (done < max && got) {
        size_t want = max - done < CHUNK_BYTES ? (size_t)(max - done) : CHUNK_BYTES;
        got = view_read(v, inode, from + done, chunk, want, err);
        if (got < 0 || !fs_write_all(args->output_fd, chunk, (size_t)got, err))
            return false;
        done += (uint64_t)got;
    }
    *ret_bytes = done;
    return true;
}

static json_t *disk_command_read(const struct disk_args *args, struct view *v,
                                 struct pyro_error *err)
{
    struct view_inode i;
    uint64_t bytes = 0;
    uint32_t inode;

    if (disk_is_private(args->path))
        return view_fail_missing(args->path, err);
    if (!view_find(v, args->path, &inode, err) || !view_stat(v, inode, &i, err))
        return NULL;
    if (!copy_out(args, v, inode, &bytes, err))
        return pyro_wrap(err, "'%.400s'", args->path);
    return json_pack("{s:I, s:I}", "size_bytes", (json_int_t)i.size, "bytes", (json_int_t)bytes);
}

static json_t *disk_command_run_read(const void *args, struct pyro_error *err)
{
    return with_view(args, disk_command_read, err);
}

static json_t *disk_command_run_export(const void *void_args, struct pyro_error *err)
{
    const struct disk_args *args = void_args;
    struct chain *chain = NULL;
    uint64_t size = 0;
    bool ok =
        chain_open(args->layers.items, args->layers.count, &chain, err) &&
        disk_export((struct disk_version){ chain, args->layers.count - 1 }, args->output_fd, err);

    if (ok)
        size = chain_size_bytes(chain);
    chain_free(chain);
    return ok ? json_pack("{s:I}", "bytes_written", (json_int_t)size) : NULL;
}

/* Into an empty overlay, which is the output. */
static json_t *disk_command_run_seal(const void *void_args, struct pyro_error *err)
{
    const struct disk_args *args = void_args;
    struct chain *chain = NULL;
    json_t *result = NULL;

    if (chain_open(args->layers.items, args->layers.count, &chain, err))
        result = disk_seal((struct disk_version){ chain, args->layers.count - 1 }, args->output_fd,
                           args->whole, err);
    chain_free(chain);
    return result;
}

#define DISK_COMMAND(NAME, RUN)                                                                    \
    { .name = NAME,                                                                                \
      .options = options,                                                                          \
      .option_count = ARRAY_SIZE(options),                                                         \
      .args_size = sizeof(struct disk_args),                                                       \
      .run = RUN }

const struct image_command image_disk_list = DISK_COMMAND("disk-list", disk_command_run_list);
const struct image_command image_disk_read = DISK_COMMAND("disk-read", disk_command_run_read);
const struct image_command image_disk_export = DISK_COMMAND("disk-export", disk_command_run_export);
const struct image_command image_disk_seal = DISK_COMMAND("disk-seal", disk_command_run_seal);
