/*
 * An image of OCI or Docker as it was stored: its manifest, its configuration and its layers, each a
 * blob, found and checked; then unpacked.
 */
#ifndef PYRO_IMAGE_OCI_IMAGE_H
#define PYRO_IMAGE_OCI_IMAGE_H

#include "engine/image/tar/archive_files.h"
#include "engine/oci/config.h"

struct oci_image {
    char digest[OCI_DIGEST_SIZE]; /* of the manifest; "": it has none (docker save) */
    char *reference;              /* as the archive has it: a label only; NULL: none */
    struct oci_document document; /* the manifest */
    struct oci_config config;
    char config_digest[OCI_DIGEST_SIZE];
    struct layer *layers; /* the lowest first */
    size_t layer_count;
    size_t base_layers;     /* so many of them have no blob here: they are … */
    struct base_image base; /* … in this */
};

void oci_image_release(struct oci_image *image);
#define scoped_oci_image __attribute__((cleanup(oci_image_release))) struct oci_image

/*
 * Reads manifest and configuration of an image whose blobs are files: as many layers as the manifest
 * has, in its order, of which the lowest may be no files (fd -1, BLOB_TO_COME): oci_image_set_base(). `digest` is the manifest's. Release *ret in any case.
 */
bool oci_image_from_blobs(const struct blob *manifest, const char *digest,
                          const struct blob *config, const struct blob *layers, size_t layer_count,
                          struct oci_image *ret, struct pyro_error *err) MUST_CHECK;
/* The lowest layers, which have these diff_ids, are in another image. PYRO_INVALID_ARGUMENT: they have
 * others. */
bool oci_image_set_base(struct oci_image *image, const struct base_image *base,
                        const char *const *diff_ids, size_t count,
                        struct pyro_error *err) MUST_CHECK;
/* Whether an archive whose first member has this name holds such an image. */
bool oci_image_is_archive(const char *first_member);
/* The image in an archive, an OCI image layout (image-layout.md) or one of `docker save`; there must
 * be one only for this platform. The layers lie in *files. */
bool oci_image_from_archive(const struct archive_files *files, struct oci_image *ret,
                            struct pyro_error *err) MUST_CHECK;
/* Makes the file system of it. *ret_supplied, new: what root_supplied() says. */
bool oci_image_unpack(const struct oci_image *image, const struct ext4_spec *spec,
                      struct tar_counts *ret, json_t **ret_supplied,
                      struct pyro_error *err) MUST_CHECK;

#endif
