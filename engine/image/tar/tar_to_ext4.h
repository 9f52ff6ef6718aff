/* A tar becomes an ext4 image. */
#ifndef PYRO_IMAGE_TAR_TO_EXT4_H
#define PYRO_IMAGE_TAR_TO_EXT4_H

#include <archive.h>

#include "engine/image/ext4/ext4.h"

struct tar_counts {
    uint64_t members, skipped_xattrs;
    uint64_t inodes, used_bytes;
};

/*
 * Reads an opened archive to its end and makes an image of it. workspace: the image has /workspace,
 * whether the archive has it or not. PYRO_INVALID_ARGUMENT names the impossible member;
 * PYRO_NO_SPACE: the image, or the disk it is on, is full. On failure the output is worthless.
 */
bool tar_to_ext4(struct archive *a, const struct ext4_spec *spec, bool workspace,
                 struct tar_counts *ret, struct pyro_error *err) MUST_CHECK;

#endif
