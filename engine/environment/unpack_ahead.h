/*
 * Unpacking an image while its layers are fetched. It is a try: the unpacker begins when the
 * configuration is there, and reads each layer as far as it has come. Nothing of what it makes counts
 * before all blobs have come with their digests, and all tars had theirs; if it fails, for a reason of
 * its own or because a registry took bytes back, it is done once more from the complete blobs.
 */
#ifndef PYRO_ENVIRONMENT_UNPACK_AHEAD_H
#define PYRO_ENVIRONMENT_UNPACK_AHEAD_H

#include "engine/environment/unpack.h"
#include "engine/registry/fetch.h"

struct unpack_ahead {
    struct environment_install *install;
    const struct oci_blobs *blobs;
    struct environment_unpacking unpacking;
    bool has_begun, has_failed;
    int64_t told[OCI_LAYERS_MAX]; /* bytes of each layer that the unpacker knows of */
};

/* Release in any case. */
void unpack_ahead_init(struct unpack_ahead *u, struct environment_install *in,
                       const struct oci_blobs *blobs);
void unpack_ahead_release(struct unpack_ahead *u);
/* For registry_fetch(); its arg is *u. */
struct registry_watch unpack_ahead_watch(struct unpack_ahead *u);
/* All blobs are there: ends as environment_unpack_oci(). */
bool unpack_ahead_end(struct unpack_ahead *u, struct pyro_error *err) MUST_CHECK;

#endif
