/*
 * What cosign writes about an image that was signed with a key: a payload that names the image's
 * digest, signed (SIGNATURE_SPEC.md), or a bundle of Sigstore's with an in-toto statement about it
 * in an envelope (BUNDLE_SPEC.md; DSSE). Certificates and transparency logs are not looked at.
 */
#ifndef PYRO_FETCH_SIGNATURE_H
#define PYRO_FETCH_SIGNATURE_H

#include "engine/hash/public_key.h"
#include "engine/oci/descriptor.h"

#define SIGNATURE_BYTES_MAX 4096
#define SIGNATURE_PAYLOAD_MAX (1024 * 1024)
#define SIGNATURES_MAX 32 /* of one image that are looked at */

/* A blob of a manifest of signatures. */
struct signature_layer {
    struct oci_descriptor blob;
    char *signature; /* base64; NULL: it is a bundle, which holds its own */
};
struct signature_layers {
    struct signature_layer list[SIGNATURES_MAX];
    size_t count;
};
void signature_layers_release(struct signature_layers *l);
#define scoped_signature_layers                                                                    \
    __attribute__((cleanup(signature_layers_release))) struct signature_layers

/* Adds those of a manifest of signatures; others of its layers, and those that are too many or too
 * large, are passed over. */
void signature_layers_take(struct signature_layers *l, const char *bytes, size_t n);
/* The next manifest in an index of referrers that holds a bundle, from *at on; false: there is no
 * more. */
bool signature_next_referrer(const char *bytes, size_t n, size_t *at, struct oci_descriptor *ret);
/* Whether the blob of this layer is a signature by the key over the image of that digest. */
bool signature_is_good(const struct signature_layer *layer, const char *bytes, size_t n,
                       const struct public_key *key, const char *digest);

#endif
