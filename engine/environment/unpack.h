/*
 * An environment made of an image of OCI or Docker, or of a root file system in an archive. Nothing
 * foreign is unpacked here: pyro-image does that.
 */
#ifndef PYRO_ENVIRONMENT_UNPACK_H
#define PYRO_ENVIRONMENT_UNPACK_H

#include "engine/environment/base.h"
#include "engine/environment/install.h"
#include "engine/oci/manifest.h"

/* An image whose blobs are there, or on their way. */
struct oci_blobs {
    int dirfd; /* files named by oci_blob_name() */
    const struct oci_manifest *manifest;
    const char *digest;    /* the manifest's, which is a blob too */
    const char *reference; /* what the user asked for; NULL: nothing */
    const struct environment_base
        *base; /* has the lowest layers, whose blobs need not be there; NULL: none */
};
/* The index of the lowest layer that is unpacked. */
size_t unpack_first_layer(const struct oci_blobs *blobs);

/*
 * Makes in->image_path of an image, and fills in what in->record says of it: all but `source`. Blobs
 * are checked again, against digests and sizes. PYRO_CONTENT_REFUSED says what of the image is not
 * taken; PYRO_NO_SPACE.
 */
bool environment_unpack_oci(struct environment_install *in, const struct oci_blobs *blobs,
                            struct pyro_error *err) MUST_CHECK;
/*
 * The same in steps. With `ahead` only the manifest and the configuration have to be there: each layer is
 * read as far as u->arrivals_fd says that it has come (engine/oci/arrival.h, written without waiting);
 * closing that says that no more comes. Release *u in any case, which ends it; nothing is installed by
 * itself.
 */
struct environment_unpacking {
    pid_t pid;
    int out_fd, arrivals_fd; /* -1: none */
};
#define ENVIRONMENT_UNPACKING_NONE                                                                 \
    ((struct environment_unpacking){ .out_fd = -1, .arrivals_fd = -1 })
void environment_unpacking_release(struct environment_unpacking *u);
#define scoped_environment_unpacking                                                               \
    __attribute__((cleanup(environment_unpacking_release))) struct environment_unpacking
bool environment_unpack_begin(struct environment_install *in, const struct oci_blobs *blobs,
                              bool ahead, struct environment_unpacking *u,
                              struct pyro_error *err) MUST_CHECK;
bool environment_unpack_end(struct environment_install *in, const struct oci_blobs *blobs,
                            struct environment_unpacking *u, struct pyro_error *err) MUST_CHECK;
/*
 * The same of an archive, a descriptor that is read to its end: a root file system, an OCI image
 * layout or what `docker save` writes, told apart by content; compressed or not.
 */
bool environment_unpack_archive(struct environment_install *in, int archive_fd,
                                struct pyro_error *err) MUST_CHECK;

#endif
