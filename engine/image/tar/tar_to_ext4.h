/*
 * Tars become an ext4 image: one, or the layers of an image of OCI, one over the other, all of which
 * are read before anything but content is written.
 */
#ifndef PYRO_IMAGE_TAR_TO_EXT4_H
#define PYRO_IMAGE_TAR_TO_EXT4_H

#include <archive.h>

#include "engine/image/tar/base_image.h"

#define TAR_MEMBERS_MAX 2000000 /* of all layers together */
#define TAR_PATH_MAX 4096

struct tar_counts {
    uint64_t members, skipped_xattrs;
    uint64_t inodes, used_bytes;
};

struct tar_image;

/* An image without content. NULL on failure; tar_image_free() in any case. */
struct tar_image *tar_image_new(const struct ext4_spec *spec, struct pyro_error *err) MUST_CHECK;
void tar_image_free(struct tar_image *image);
static inline void cleanup_tar_image(struct tar_image **image)
{
    tar_image_free(*image);
}
#define scoped_tar_image __attribute__((cleanup(cleanup_tar_image))) struct tar_image
/* Begins it with what another has, instead of that one's layers. */
bool tar_image_take_base(struct tar_image *image, const struct base_image *base,
                         struct pyro_error *err) MUST_CHECK;
/*
 * Reads an opened archive to its end. A `layer` (1 and up, in their order; 0: none) hides with
 * whiteouts what lower ones have (image-spec, layer.md); an archive without members is an error
 * unless it is one. `entry`: the first member, whose header was read by the caller; NULL: none was.
 * PYRO_INVALID_ARGUMENT names the impossible member; PYRO_NO_SPACE: the image, or the disk it is on,
 * is full. On failure the output is worthless.
 */
bool tar_image_add(struct tar_image *image, struct archive *a, unsigned layer,
                   struct archive_entry *entry, struct pyro_error *err) MUST_CHECK;
/* Adds one member of an archive, whose header has been read. */
bool tar_image_add_member(struct tar_image *image, struct archive *a, struct archive_entry *entry,
                          struct pyro_error *err) MUST_CHECK;
/* The names and inodes, of which more may be added before the image is finished. */
struct tree *tar_image_tree(struct tar_image *image);
/* Writes all that is not content. */
bool tar_image_finish(struct tar_image *image, struct tar_counts *ret,
                      struct pyro_error *err) MUST_CHECK;

/*
 * All of that for one archive. workspace: the root becomes one that a machine can start from
 * (root.h).
 */
bool tar_to_ext4(struct archive *a, const struct ext4_spec *spec, bool workspace,
                 struct tar_counts *ret, struct pyro_error *err) MUST_CHECK;

#endif
