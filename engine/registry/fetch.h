/* Images fetched from registries, by pyro-fetch, into the store of blobs. */
#ifndef PYRO_REGISTRY_FETCH_H
#define PYRO_REGISTRY_FETCH_H

#include "engine/oci/manifest.h"
#include "engine/registry/session.h"

struct registry_image {
    char digest[OCI_DIGEST_SIZE];   /* of what the reference names: a manifest or an index */
    char manifest[OCI_DIGEST_SIZE]; /* of the manifest for this machine */
    bool is_unchanged;              /* digest is `known`; then there is no manifest */
    json_t *blobs;                  /* [{digest, size}, …], the configuration first */
};
void registry_image_release(struct registry_image *image);
#define scoped_registry_image __attribute__((cleanup(registry_image_release))) struct registry_image

/*
 * Asks what the reference means today; the manifest is in the store then. PYRO_ENVIRONMENT_NOT_FOUND:
 * the registry has no such image; PYRO_PULL_FAILED, PYRO_CONTENT_REFUSED. *ret needs no
 * initialisation, and is to be released in any case.
 */
bool registry_resolve(const struct registry_wish *wish, int blobs_fd, struct registry_image *ret,
                      struct pyro_error *err) MUST_CHECK;
/* Who wants to know what has come of a blob that was missing: `bytes` from its beginning, which may be
 * taken back when somebody else has to be asked for it. */
struct registry_watch {
    void (*arrived)(void *arg, const char *digest, int64_t bytes);
    void *arg;
};
/* Makes sure that the store has all its blobs. What was fetched stays when it fails. */
bool registry_fetch(const struct registry_wish *wish, int blobs_fd,
                    const struct registry_image *image, const struct registry_watch *watch,
                    struct pyro_error *err) MUST_CHECK;

#endif
