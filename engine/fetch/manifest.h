/* From a tag or digest to the manifest for this machine, over the indexes on the way. */
#ifndef PYRO_FETCH_MANIFEST_H
#define PYRO_FETCH_MANIFEST_H

#include "engine/fetch/client.h"

/*
 * The job's manifest goes to its document_fd; the result is the caller's:
 *     {digest, unchanged: true}                   what is known is what the tag means today
 *     {digest, manifest, size, blobs: [{digest, size}, …]}
 * digest is that of the document the tag or digest names, manifest that of the one chosen; the
 * configuration is the first of the blobs. NULL on failure.
 */
json_t *manifest_fetch(struct client *c, struct pyro_error *err) MUST_CHECK;

#endif
