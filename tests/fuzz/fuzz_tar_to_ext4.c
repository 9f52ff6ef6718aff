/*
 * Any bytes as a tar: they become an image whose superblock, inodes and root directory libext2fs
 * can read back, or a clean error.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/image/tar/source.h"
#include "engine/image/tar/tar_to_ext4.h"
#include "tests/fuzz/image_check.h"
#include "tests/fuzz/tar_checksums.h"

#define IMAGE_BYTES (16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    struct ext4_spec spec = { .fd = memfd_create("image", MFD_CLOEXEC),
                              .size_bytes = IMAGE_BYTES,
                              .now = 1 };
    struct pyro_error err = { 0 };
    struct archive *a = source_new_tar(&err);
    struct tar_counts counts;

    if (spec.fd < 0 || !a || !copy)
        abort();
    memcpy(copy, data, size);
    fix_checksums(copy, size);
    if (archive_read_open_memory(a, copy, size) == ARCHIVE_OK) {
        if (tar_to_ext4(a, &spec, true, &counts, &err))
            check_image(spec.fd);
        else if (err.code == PYRO_OK || !err.message[0] || err.code == PYRO_INTERNAL)
            abort();
    }
    archive_read_free(a);
    free(copy);
    close(spec.fd);
    return 0;
}
