/*
 * Digests and descriptors as the OCI image specification has them
 * (github.com/opencontainers/image-spec, descriptor.md). What an image is made of lies in a
 * directory of blobs, each a file whose name is its digest as oci_blob_name() writes it.
 *
 * Everything in this room parses foreign JSON, in whichever process needs it, with jansson alone:
 * it opens nothing and never aborts on what it reads. Failures are PYRO_CONTENT_REFUSED and say
 * what was wrong, in the foreign document's own words where that helps.
 */
#ifndef PYRO_OCI_DESCRIPTOR_H
#define PYRO_OCI_DESCRIPTOR_H

#include <stdint.h>

#include "vmm/base/error.h"
#include "vmm/base/json.h"

#define OCI_DOCUMENT_BYTES_MAX ((size_t)4 << 20) /* manifest, index or config */
#define OCI_BLOB_BYTES_MAX (8LL << 30)           /* all layers of an image together, as blobs */
#define OCI_DIGEST_SIZE 136                      /* "sha512:", 128 digits and NUL */
#define OCI_MEDIA_TYPE_SIZE 128

struct oci_descriptor {
    char digest[OCI_DIGEST_SIZE]; /* valid */
    char media_type[OCI_MEDIA_TYPE_SIZE];
    int64_t size; /* bytes; 0 to OCI_BLOB_BYTES_MAX */
};

/* Whether it is "sha256:" and 64, or "sha512:" and 128, lower-case hex digits: only then may it
 * become part of a path or a URL. */
bool oci_digest_is_valid(const char *text);
/* A digest's file name in the directory of blobs: its colon is a dash. */
void oci_blob_name(const char *digest, char ret[OCI_DIGEST_SIZE]);
/*
 * Reads a descriptor, called `what` in an error. `data` and annotations are ignored; one with `urls`
 * is refused, for they are never fetched.
 */
bool oci_descriptor_load(const json_t *object, const char *what, struct oci_descriptor *ret,
                         struct pyro_error *err) MUST_CHECK;

#endif
