/*
 * The layers of an image of OCI into an ext4 image. A layer is a blob, a tar plain or compressed by
 * gzip or zstd, whatever its media type says; blob and tar each have a digest, and both are checked
 * over every byte while they are unpacked.
 */
#ifndef PYRO_IMAGE_LAYER_H
#define PYRO_IMAGE_LAYER_H

#include "engine/image/tar/blob.h"
#include "engine/image/tar/tar_to_ext4.h"

#define LAYER_BYTES_MAX (16LL << 30)  /* of its tar */
#define LAYER_RATIO_MAX 200           /* that a blob may grow by … */
#define LAYER_RATIO_FROM (64LL << 20) /* … once its tar is larger than this */

struct layer {
    struct blob blob;
    const char *digest;  /* of the blob; NULL: not known */
    const char *diff_id; /* of the tar */
};

/*
 * Adds layers to an image, the lowest first, which may be a later one than the `first` 0 where what is
 * below is there already. PYRO_CONTENT_REFUSED where a digest, a size or a limit
 * is not kept, with the number of the layer.
 */
bool layers_add(struct tar_image *image, const struct layer *layers, size_t first, size_t count,
                struct pyro_error *err) MUST_CHECK;

#endif
