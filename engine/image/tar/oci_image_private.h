/* Steps that both kinds of stored images have: oci_image.c. */
#ifndef PYRO_IMAGE_OCI_IMAGE_PRIVATE_H
#define PYRO_IMAGE_OCI_IMAGE_PRIVATE_H

#include "engine/image/tar/oci_image.h"

/* Reads a manifest or an index; digest and media_type may be NULL. Release *ret in any case. */
bool oci_image_read_document(const struct blob *b, const char *digest, const char *media_type,
                             struct oci_document *ret, struct pyro_error *err) MUST_CHECK;
/* Reads the configuration; digest NULL: it is computed, and kept. */
bool oci_image_read_config(const struct blob *b, const char *digest, struct oci_image *image,
                           struct pyro_error *err) MUST_CHECK;
/* The layers of the manifest and configuration that have been read. */
bool oci_image_take_layers(struct oci_image *image, const struct blob *layers,
                           struct pyro_error *err) MUST_CHECK;

#endif
