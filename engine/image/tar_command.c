/* engine/image/tar_command.c: the sub-command tar-to-ext4. */
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "engine/image/command.h"
#include "engine/image/tar/source.h"
#include "engine/image/tar/tar_to_ext4.h"
#include "vmm/base/fs.h"

#define SIZE_BYTES_DEFAULT (10LL << 30)

struct tar_command_args {
    int output_fd;
    int64_t size_bytes, time_seconds;
    const char *uuid; /* 32 hex digits */
    bool workspace;
};

static bool parse_uuid(const char *text, uint8_t ret[16], struct pyro_error *err)
{
    if (strlen(text) != 32 || strspn(text, "0123456789abcdef") != 32)
        return pyro_fail(err, PYRO_USAGE, "--uuid takes 32 hex digits, not '%s'", text);
    for (int i = 0; i < 16; i++) {
        char pair[3] = { text[2 * i], text[2 * i + 1], '\0' };
        ret[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return true;
}

static json_t *tar_command_run(const void *void_args, struct pyro_error *err)
{
    const struct tar_command_args *args = void_args;
    struct ext4_spec spec = {
        .fd = args->output_fd,
        .size_bytes = args->size_bytes ? args->size_bytes : SIZE_BYTES_DEFAULT,
        .now = args->time_seconds ? args->time_seconds : (int64_t)time(NULL),
    };
    scoped_archive_read *a = source_new_tar(err);
    struct tar_counts counts;

    if (!a)
        return NULL;
    random_bytes(spec.uuid, sizeof(spec.uuid));
    if ((args->uuid && !parse_uuid(args->uuid, spec.uuid, err)) || !source_open_fd(a, 0, err) ||
        !tar_to_ext4(a, &spec, args->workspace, &counts, err))
        return NULL;
    return json_pack("{sI sI sI sI sI}", "members", (json_int_t)counts.members, "inodes",
                     (json_int_t)counts.inodes, "used_bytes", (json_int_t)counts.used_bytes,
                     "size_bytes", (json_int_t)spec.size_bytes, "skipped_xattrs",
                     (json_int_t)counts.skipped_xattrs);
}

static const struct image_option options[] = {
    { "output-fd", IMAGE_OPTION_FD, offsetof(struct tar_command_args, output_fd), true },
    { "size-bytes", IMAGE_OPTION_SIZE, offsetof(struct tar_command_args, size_bytes), false },
    { "time", IMAGE_OPTION_SIZE, offsetof(struct tar_command_args, time_seconds), false },
    { "uuid", IMAGE_OPTION_TEXT, offsetof(struct tar_command_args, uuid), false },
    { "workspace", IMAGE_OPTION_FLAG, offsetof(struct tar_command_args, workspace), false },
};

const struct image_command image_tar_to_ext4 = {
    .name = "tar-to-ext4",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .args_size = sizeof(struct tar_command_args),
    .run = tar_command_run,
};
