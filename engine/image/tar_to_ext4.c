/* engine/image/tar_to_ext4.c: a tar on standard input becomes an ext4 image. */
#include "engine/image/command.h"

struct tar_to_ext4_args {
    int output_fd;
};

static json_t *tar_to_ext4(const void *args, struct pyro_error *err)
{
    (void)args;
    pyro_fail(err, PYRO_INTERNAL, "tar-to-ext4 is not in this build");
    return NULL;
}

const struct image_command image_tar_to_ext4 = {
    .name = "tar-to-ext4",
    .args_size = sizeof(struct tar_to_ext4_args),
    .directory_offset = -1,
    .run = tar_to_ext4,
};
