/*
 * An environment made of an image of OCI or Docker, or of a root file system in an archive. Nothing
 * foreign is unpacked here: pyro-image does that.
 */
#ifndef PYRO_ENVIRONMENT_UNPACK_H
#define PYRO_ENVIRONMENT_UNPACK_H

#include "engine/environment/install.h"
#include "engine/oci/manifest.h"

/* An image whose blobs are all there. */
struct oci_blobs {
    int dirfd; /* files named by oci_blob_name() */
    const struct oci_manifest *manifest;
    const char *digest;    /* the manifest's, which is a blob too */
    const char *reference; /* what the user asked for; NULL: nothing */
};

/*
 * Makes in->image_path of an image, and fills in what in->record says of it: all but `source`. Blobs
 * are checked again, against digests and sizes. PYRO_CONTENT_REFUSED says what of the image is not
 * taken; PYRO_NO_SPACE.
 */
bool environment_unpack_oci(struct environment_install *in, const struct oci_blobs *blobs,
                            struct pyro_error *err) MUST_CHECK;
/*
 * The same of an archive, a descriptor that is read to its end: a root file system, an OCI image
 * layout or what `docker save` writes, told apart by content; compressed or not.
 */
bool environment_unpack_archive(struct environment_install *in, int archive_fd,
                                struct pyro_error *err) MUST_CHECK;

#endif
