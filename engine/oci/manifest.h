/*
 * Image indexes and manifests, of OCI (image-index.md, manifest.md) and of Docker (manifest v2,
 * schema 2), which differ in their media types only.
 */
#ifndef PYRO_OCI_MANIFEST_H
#define PYRO_OCI_MANIFEST_H

#include "engine/oci/descriptor.h"

#define OCI_LAYERS_MAX 127
#define OCI_SUPPLIED_MAX 100 /* directories that an image gets beside those of its layers */
#define OCI_INDEX_ENTRIES_MAX 256
#define OCI_INDEX_DEPTH_MAX 3 /* indexes in indexes */

/* What a client says it accepts for a manifest: HTTP's Accept. */
#define OCI_ACCEPT                                                                                 \
    "application/vnd.oci.image.index.v1+json, "                                                    \
    "application/vnd.docker.distribution.manifest.list.v2+json, "                                  \
    "application/vnd.oci.image.manifest.v1+json, "                                                 \
    "application/vnd.docker.distribution.manifest.v2+json"

enum oci_kind { OCI_INDEX, OCI_MANIFEST };

struct oci_manifest {
    struct oci_descriptor config;
    struct oci_descriptor *layers; /* the lowest first; at least one */
    size_t layer_count;
    int64_t layer_bytes; /* their blobs together; at most OCI_BLOB_BYTES_MAX */
};

/* The platform of an image. The empty string: not stated. */
struct oci_platform {
    char os[32], architecture[32], variant[32];
};

struct oci_index_entry {
    struct oci_descriptor descriptor;
    enum oci_kind kind;
    struct oci_platform platform;
    char *reference; /* of org.opencontainers.image.ref.name, a label only; NULL: none */
};

/* Entries of unknown kinds, and those that are not images (attestations), are left out. */
struct oci_index {
    struct oci_index_entry *entries;
    size_t count;
};

/* An index or a manifest, by its kind. */
struct oci_document {
    enum oci_kind kind;
    struct oci_index index;
    struct oci_manifest manifest;
};

void oci_document_release(struct oci_document *d);
#define scoped_oci_document __attribute__((cleanup(oci_document_release))) struct oci_document

/*
 * Whether a media type (its parameters are ignored) is that of an index or manifest, and which.
 * Refuses all others; a schema 1 manifest with words of its own.
 */
bool oci_kind_of(const char *media_type, enum oci_kind *ret, struct pyro_error *err) MUST_CHECK;
/*
 * Reads an index or a manifest. `media_type` is what it was served or described as; NULL: only the
 * document says. It is refused where the two differ, and where it could be taken for both kinds.
 * *ret needs no initialisation, and is to be released in any case.
 */
bool oci_document_parse(const void *bytes, size_t n, const char *media_type,
                        struct oci_document *ret, struct pyro_error *err) MUST_CHECK;
/*
 * The entry for a platform: the first whose os and architecture are it, with the variant asked for,
 * the lowest one (none, or v1) if none is asked for, else the first of an unstated platform. It may
 * be another index: the caller bounds how often (OCI_INDEX_DEPTH_MAX). NULL, with the platforms on
 * offer in the error.
 */
const struct oci_index_entry *oci_index_choose(const struct oci_index *index,
                                               const struct oci_platform *wanted,
                                               struct pyro_error *err) MUST_CHECK;
/* This machine's: linux/amd64. */
extern const struct oci_platform oci_platform_host;
/* Fails unless os and architecture are the wanted ones; for an image that is in no index. */
bool oci_platform_check(const struct oci_platform *has, const struct oci_platform *wanted,
                        struct pyro_error *err) MUST_CHECK;

#endif
